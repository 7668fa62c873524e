use super::planned::{Planned, hint_at_programs};
use crate::Failure;
use crate::context::Context;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use sage_oci_checks::RowReport;
use sage_oci_engine::Host;
use sage_oci_smoke::{row_check, skip_impossible, standing};
use serde::Serialize;

/// The version of what `smoke --contract --json` prints.
const FORMAT: u64 = 2;

/// What `smoke --contract --json` prints.
#[derive(Serialize)]
struct Document<'a> {
    format: u64,
    images: &'a [Image],
}

#[derive(Serialize)]
struct Image {
    image: String,
    rows: Vec<RowReport>,
}

/// `smoke --contract`: which check would show which row of the contract on this machine. Nothing is run, so no row is called
/// proved. One that no check is about, or whose checks would all be skipped here, is not fine.
pub fn run(context: &Context, planned: &[Planned], json: bool) -> Result<(), Failure> {
    let printer = context.printer;
    // The engine itself is not asked: the contract can be read where there is none.
    let hosts = Host::candidates(|name| std::env::var(name).ok())?;
    let images =
        planned.iter().map(|planned| Image { image: planned.reference.to_string(), rows: rows(planned, &hosts) });
    let images: Vec<_> = images.collect();
    let fine = images.iter().flat_map(|image| &image.rows).all(|row| row.result.is_good());
    if json {
        printer.json(&Document { format: FORMAT, images: &images })?;
    } else {
        for image in &images {
            printer.result(format_args!("{}\n{}\n", image.image, table(&image.rows)));
        }
    }
    let skipped = images.iter().flat_map(|image| &image.rows).filter(|row| !row.result.is_good());
    let skipped: Vec<_> = skipped.flat_map(|row| row.checks.iter().map(row_check)).collect();
    hint_at_programs(printer, &skipped);
    if fine { Ok(()) } else { Err(Failure::NotFine) }
}

/// The rows, after every reason to skip a check that is known before it is run.
fn rows(planned: &Planned, hosts: &[Host]) -> Vec<RowReport> {
    let mut selection = planned.selection.clone();
    hosts.iter().take(1).for_each(|host| skip_impossible(&mut selection, host));
    selection.rows(&selection.states())
}

fn table(rows: &[RowReport]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for row in rows {
        let mut checks = row.checks.iter().map(row_check);
        table.add_row([&row.id, &row.what, standing(row.result), &checks.next().unwrap_or_default()]);
        checks.for_each(|check| {
            table.add_row(["", "", "", &check]);
        });
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
