//! What processes used, from `/proc`: time of the processor and memory, of a process and of all that it
//! started, also of those that have ended since.

use std::{collections::HashMap, fs};

/// Clock ticks in a second, as Linux shows times to programs on every machine.
const TICKS: f64 = 100.0;

/// Resident memory in megabytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    pub now: f64,
    pub peak: f64,
}

/// Seconds of processor time.
#[expect(clippy::cast_precision_loss, reason = "ticks since a start are few")]
pub fn seconds(root: u32) -> f64 {
    family(root).iter().map(|it| it.ticks).sum::<u64>() as f64 / TICKS
}

pub fn memory(root: u32) -> Memory {
    let mut sum = Memory::default();
    for process in family(root) {
        let status = fs::read_to_string(format!("/proc/{}/status", process.pid));
        let status = status.unwrap_or_default();
        sum.now += kilobytes(&status, "VmRSS:") / 1024.0;
        sum.peak += kilobytes(&status, "VmHWM:") / 1024.0;
    }
    sum
}

/// Seconds of processor time of one process alone.
#[expect(clippy::cast_precision_loss, reason = "ticks since a start are few")]
pub fn own_seconds(pid: u32) -> f64 {
    read(pid).map_or(0.0, |it| it.ticks as f64) / TICKS
}

/// The most that one process held, in megabytes.
pub fn peak(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    kilobytes(&status, "VmHWM:") / 1024.0
}

fn kilobytes(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0.0)
}

struct Process {
    pid: u32,
    parent: u32,
    ticks: u64,
}

/// The process and all below it.
fn family(root: u32) -> Vec<Process> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|it| it.file_name().to_str()?.parse().ok());
    let mut children: HashMap<u32, Vec<Process>> = HashMap::new();
    let mut found = Vec::new();
    for process in pids.filter_map(read) {
        if process.pid == root {
            found.push(process);
        } else {
            children.entry(process.parent).or_default().push(process);
        }
    }
    let mut next = 0;
    while next < found.len() {
        let below = children.remove(&found[next].pid).unwrap_or_default();
        found.extend(below);
        next += 1;
    }
    found
}

/// Its own time in both modes, and that of its children that have ended.
fn read(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields
        .get(11..15)?
        .iter()
        .filter_map(|it| it.parse::<u64>().ok())
        .sum();
    Some(Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        ticks,
    })
}
