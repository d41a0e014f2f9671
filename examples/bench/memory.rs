//! The memory of another process.

use std::fs;

/// Returns the resident memory of a process in bytes; `None` where the system is not Linux.
pub fn resident(process: u32) -> Option<u64> {
    resident_in(&fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

/// Returns the resident memory from the text of a `status` file.
fn resident_in(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::resident_in;

    #[test]
    fn resident_memory_is_read_from_the_status() {
        let status = "Name:\tlinear-ops\nVmHWM:\t    9000 kB\nVmRSS:\t    5120 kB\n";
        assert_eq!(resident_in(status), Some(5 * 1024 * 1024));
        assert_eq!(resident_in("Name:\tlinear-ops\n"), None);
    }
}
