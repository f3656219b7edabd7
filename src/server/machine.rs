//! What this process may use of the machine: processors, memory, file descriptors; less where a container is given less.

use std::fs;
use std::path::Path;

/// How many threads can run at once; a container's share of the processors counts.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Bytes of memory: the machine's, or the least that a control group above this process allows. `None` where nobody says.
pub fn memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok();
    let machine = machine.and_then(|text| meminfo(&text));
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = group_files(&groups)
        .into_iter()
        .filter_map(|file| fs::read_to_string(Path::new("/sys/fs/cgroup").join(file)).ok())
        .filter_map(|text| limit(&text));
    limits.chain(machine).min()
}

/// How many files and connections this process may have open. `None` where nobody says.
pub fn open_files() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// `MemTotal` of /proc/meminfo, in bytes.
fn meminfo(text: &str) -> Option<u64> {
    let total = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The files, below /sys/fs/cgroup, with the limits of the groups that /proc/self/cgroup names and of those above them.
fn group_files(text: &str) -> Vec<String> {
    let mut files = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let (root, name) = match controllers {
            "" => ("", "memory.max"),
            list if list.split(',').any(|one| one == "memory") => {
                ("memory/", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        // Within a container's own view the path may lead nowhere; its limit then stands at the root.
        let mut path = path.trim_matches('/');
        while !path.is_empty() {
            files.push(format!("{root}{path}/{name}"));
            path = path.rsplit_once('/').map_or("", |(above, _)| above);
        }
        files.push(format!("{root}{name}"));
    }
    files
}

/// A limit in bytes; `max` is none.
fn limit(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_read() {
        let text = "MemTotal:       24683520 kB\nMemFree:        1 kB\n";
        assert_eq!(meminfo(text), Some(24_683_520 * 1024));
        assert_eq!(meminfo("MemTotal: much"), None);
        assert_eq!(
            (limit("max\n"), limit("536870912\n")),
            (None, Some(1 << 29))
        );
        let second = "0::/system.slice/postern.service\n";
        let files = [
            "system.slice/postern.service/memory.max",
            "system.slice/memory.max",
            "memory.max",
        ];
        assert_eq!(group_files(second), files);
        let first = "11:pids:/x\n5:cpu,memory:/docker/abc\nnonsense";
        let files = [
            "memory/docker/abc/memory.limit_in_bytes",
            "memory/docker/memory.limit_in_bytes",
            "memory/memory.limit_in_bytes",
        ];
        assert_eq!(group_files(first), files);
        assert_eq!(group_files("0::/\n"), ["memory.max"]);
    }

    #[test]
    fn this_machine_says_something() {
        assert!(cores() >= 1);
        assert!(memory().is_none_or(|bytes| bytes > 1 << 20));
        assert!(open_files().is_none_or(|files| files > 8));
    }
}
