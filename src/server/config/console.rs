//! `[console]`: what operators may do with the probe.

use ipnet::IpNet;

use super::error::ConfigError;
use super::reader::Reader;
use super::site::network;

/// `[console]`
#[derive(Debug, Clone)]
pub struct Console {
    /// `probe_allow`: private networks that a typed target may lie in; the saved settings always may. Default none.
    pub probe_allow: Vec<IpNet>,
    /// `probes_per_10min`: by one operator, default 20, 1..1000.
    pub probes_per_10min: u32,
}

pub(super) fn read(reader: &mut Reader) -> Result<Console, ConfigError> {
    let mut section = reader.section("console");
    let allowed = "networks, such as [\"10.0.0.0/8\", \"::1\"]";
    Ok(Console {
        probe_allow: section.list("probe_allow", allowed, network)?,
        probes_per_10min: section.number("probes_per_10min", 20, 1..=1_000)?,
    })
}
