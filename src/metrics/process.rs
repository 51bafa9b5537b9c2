//! What the process itself takes of the machine, under the names that Prometheus has for it. What this
//! system does not tell is left out.

use std::{
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};

use super::Page;

/// When this process began, or was first asked.
pub fn started() -> SystemTime {
    static STARTED: OnceLock<SystemTime> = OnceLock::new();
    *STARTED.get_or_init(SystemTime::now)
}

/// Writes what is known of the process.
pub fn write(page: &mut Page) {
    if let Some(spent) = processor_time() {
        let name = "process_cpu_seconds_total";
        page.counter(name, "Processor time spent, of the user and of the system.");
        page.sample(name, &[], spent.as_secs_f64());
    }
    if let Some(bytes) = resident_bytes() {
        let name = "process_resident_memory_bytes";
        page.gauge(name, "Memory that is in use.");
        page.sample(name, &[], bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        let name = "process_open_fds";
        page.gauge(name, "Open files and connections.");
        page.sample(name, &[], open.count());
    }
    if let Ok(since) = started().duration_since(SystemTime::UNIX_EPOCH) {
        let name = "process_start_time_seconds";
        page.gauge(name, "When the process began, in seconds of Unix time.");
        page.sample(name, &[], since.as_secs_f64());
    }
}

/// Processor time spent, of the user and of the system.
pub fn processor_time() -> Option<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    Some(seconds(usage.user_time()) + seconds(usage.system_time()))
}

fn seconds(time: TimeVal) -> Duration {
    let whole = u64::try_from(time.tv_sec()).unwrap_or_default();
    let micros = u64::try_from(time.tv_usec()).unwrap_or_default();
    Duration::from_secs(whole) + Duration::from_micros(micros)
}

/// Memory that is in use.
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
