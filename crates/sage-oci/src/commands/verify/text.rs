use comfy_table::Table;
use comfy_table::presets::NOTHING;
use sage_oci_verify::{LayerReport, Report, Verdict};
use std::fmt::Write;

/// How many paths of a layer are listed.
const MOST: usize = 10;

/// The report for people: what differs, what was varied, and the verdict last.
pub fn report(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["layer", "verdict", "content"]);
    for layer in report.layers.iter().filter(|layer| layer.verdict != Verdict::SameBytes) {
        let digest = layer.diff_id.map(|digest| digest.to_string()).unwrap_or_default();
        table.add_row([layer.name.clone(), layer.verdict.words(), digest]);
    }
    let mut text = String::new();
    let same = report.layers.iter().filter(|layer| layer.verdict == Verdict::SameBytes).count();
    if same < report.layers.len() {
        let rows: Vec<_> = table.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
        _ = writeln!(text, "{}\n", rows.join("\n"));
    }
    report.layers.iter().for_each(|layer| details(layer, &mut text));
    for place in &report.documents {
        _ = writeln!(text, "differs: {place}");
    }
    if let Some(lock) = &report.lock {
        _ = writeln!(text, "lock: {} ({})", lock.digest, lock.from);
        if lock.is_the_images_own {
            _ = writeln!(text, "      nobody but the image says that this lock is the project's");
        }
    }
    let names = |all: &[String]| if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
    let varied: Vec<String> = report.varied.iter().map(ToString::to_string).collect();
    _ = writeln!(text, "varied: {}", names(&varied));
    for one in &report.not_varied {
        _ = writeln!(text, "not varied: {} ({})", one.variation, one.why);
    }
    if let Some(emulation) = &report.emulation {
        let others = match emulation.others.len() {
            0 => String::new(),
            count => format!("; not the other {count} (`--emulate` chooses)"),
        };
        _ = writeln!(text, "emulated: {} by {}{others}", names(&emulation.layers), emulation.by);
    }
    _ = writeln!(text, "layers: {same} of {} with the same bytes", report.layers.len());
    if let Some(digest) = &report.rebuilt {
        _ = writeln!(text, "manifest built again: {digest}");
    }
    let manifest = report.manifest.map(|digest| format!(" {digest}")).unwrap_or_default();
    _ = write!(text, "{}: {}{manifest}", report.subject, report.verdict.words());
    text
}

fn details(layer: &LayerReport, text: &mut String) {
    if let Some(why) = &layer.why {
        _ = writeln!(text, "{}: {why}", layer.name);
    }
    for found in layer.differences.iter().take(MOST) {
        let how = serde_json::to_value(found.nature).ok().and_then(|nature| nature.as_str().map(ToOwned::to_owned));
        _ = writeln!(text, "{}: {} ({})", layer.name, found.path, how.unwrap_or_default());
    }
    if layer.differences.len() > MOST {
        _ = writeln!(text, "{}: and {} more", layer.name, layer.differences.len() - MOST);
    }
    for cause in &layer.causes {
        _ = writeln!(text, "{} comes out otherwise where {} is another one", layer.name, cause.variation);
        for seen in &cause.observed {
            _ = writeln!(text, "    {seen}");
        }
    }
}
