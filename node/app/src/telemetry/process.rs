//! What the system says of this process: memory, open files, time on the processors. Read when somebody asks.

use std::fs;

/// Bytes of memory that are held.
pub(super) fn resident_bytes() -> Option<u64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse::<u64>().ok()?;
    pages.checked_mul(u64::try_from(rustix::param::page_size()).ok()?)
}

/// Files and sockets that are open.
pub(super) fn open_files() -> Option<u64> {
    u64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

/// Seconds on the processors since the start, in user and system mode together.
pub(super) fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold blanks.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u32>().ok();
    let sum = f64::from(ticks(11)?) + f64::from(ticks(12)?);
    Some(sum / f64::from(u32::try_from(rustix::param::clock_ticks_per_second()).ok()?))
}

/// Bytes that may still be written below a folder.
pub(super) fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}
