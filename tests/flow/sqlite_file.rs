//! SQLite's files in the folder.

use crate::support::House;

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_database_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new().await;
    house.add("alice").await;
    for name in ["postern.sqlite", "postern.sqlite-wal"] {
        let mode = std::fs::metadata(house.folder().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name} {mode:o}");
    }
}
