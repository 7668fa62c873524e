use crate::Printer;
use indicatif::HumanBytes;
use sage_oci_produce::Timings;
use std::time::Duration;

/// `--timings`: a table for people, the longest build first, and what all took together.
pub fn print(printer: Printer, timings: &Timings) {
    let done = timings.done();
    if done.is_empty() {
        printer.note("nothing was built");
        return;
    }
    let row = |wall: &str, cpu: &str, peak: &str, written: &str, name: &str| {
        printer.note(format_args!("{wall:>9} {cpu:>9} {peak:>12} {written:>12}  {name}"));
    };
    row("wall s", "cpu s", "peak memory", "written", "derivation");
    let (mut wall, mut cpu, mut peak, mut written) = (Duration::ZERO, 0, 0, 0);
    for timing in done {
        let name = timing.derivation.name().trim_end_matches(".drv");
        wall += timing.wall;
        match timing.used {
            Some(used) => {
                row(
                    &seconds(timing.wall),
                    &seconds(Duration::from_millis(used.cpu_ms)),
                    &HumanBytes(used.peak_bytes).to_string(),
                    &HumanBytes(used.written_bytes).to_string(),
                    name,
                );
                cpu += used.cpu_ms;
                peak = peak.max(used.peak_bytes);
                written += used.written_bytes;
            }
            None => row(&seconds(timing.wall), "-", "-", "-", name),
        }
    }
    row(
        &seconds(wall),
        &seconds(Duration::from_millis(cpu)),
        &HumanBytes(peak).to_string(),
        &HumanBytes(written).to_string(),
        "all (memory: the largest)",
    );
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}
