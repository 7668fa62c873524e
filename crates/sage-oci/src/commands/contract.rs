use super::smoke::Planned;
use crate::Failure;
use crate::context::Context;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use sage_oci_checks::Row;
use serde::Serialize;

/// What `smoke --contract --json` prints.
#[derive(Serialize)]
struct Document<'a> {
    format: u64,
    images: Vec<Image<'a>>,
}

#[derive(Serialize)]
struct Image<'a> {
    image: &'a str,
    rows: &'a [Row],
}

/// `smoke --contract`: which check proves which row of the contract; nothing is run. A row that no check proves is not fine.
pub fn run(context: &Context, planned: &[Planned], json: bool) -> Result<(), Failure> {
    let printer = context.printer;
    if json {
        printer.json(&Document { format: 1, images: planned.iter().map(image).collect() })?;
    } else {
        for planned in planned {
            printer.result(format_args!("{}\n{}\n", planned.reference, table(&planned.selection.contract)));
        }
    }
    let proved = |row: &Row| !row.checks.is_empty();
    match planned.iter().flat_map(|planned| &planned.selection.contract).all(proved) {
        true => Ok(()),
        false => Err(Failure::NotFine),
    }
}

fn image(planned: &Planned) -> Image<'_> {
    Image { image: &planned.reference, rows: &planned.selection.contract }
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for row in rows {
        let checks = row.checks.iter().map(String::as_str);
        let mut checks = if row.checks.is_empty() { vec!["NO CHECK"] } else { checks.collect() }.into_iter();
        table.add_row([&row.id, &row.what, checks.next().unwrap_or_default()]);
        checks.for_each(|check| {
            table.add_row(["", "", check]);
        });
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
