use super::build::{self, Built};
use crate::context::{self, Context, Locked};
use crate::{Failure, cli};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use indicatif::HumanBytes;
use sage_oci_image::Image;
use sage_oci_layer::{Contents, Cost, costs};
use serde::Serialize;

/// What `inspect --why-big --json` prints.
#[derive(Serialize)]
struct Report {
    format: u64,
    packages: Vec<Row>,
    folders: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    /// Package or folder; empty for generated files.
    name: String,
    /// The sizes of its files, in bytes.
    unpacked: u64,
    /// Its share of the compressed layers, in bytes.
    compressed: u64,
}

/// `inspect --why-big N`: the N packages and folders that cost most.
pub fn run(
    context: &Context,
    options: &cli::Inspect,
    locked: &Locked,
    built: &Built,
    most: usize,
) -> Result<(), Failure> {
    let image = build::open(built, locked)?;
    let layers = contents(context, locked, &image)?;
    let costs = costs(layers.iter().map(|(contents, blob)| (contents, *blob)));
    let rows = |list: Vec<(String, Cost)>, generated: &str| {
        let row = |(name, cost): (String, Cost)| Row {
            name: if name.is_empty() { generated.to_owned() } else { name },
            unpacked: cost.unpacked,
            compressed: cost.compressed,
        };
        list.into_iter().take(most).map(row).collect::<Vec<_>>()
    };
    if options.json {
        let report = Report { format: 1, packages: rows(costs.packages, ""), folders: rows(costs.folders, "") };
        return context.printer.json(&report);
    }
    context.printer.result(table("package", &rows(costs.packages, "(generated)")));
    context.printer.result(format_args!("\n{}", table("folder", &rows(costs.folders, ""))));
    context.printer.note("compressed: the share of each layer's blob, divided by size");
    Ok(())
}

/// The contents of every layer, with the size of its blob; layers of the image and of the plan are the same, in one order.
fn contents(context: &Context, locked: &Locked, image: &Image) -> Result<Vec<(Contents, u64)>, Failure> {
    let nix = context::nix(&cli::Building::default())?;
    let plan = context.plan(&nix, locked)?;
    build::realise_contents(context, &nix, &plan)?;
    let layers = plan.layers();
    let pairs = layers.iter().zip(&image.layers);
    let known = pairs.filter_map(|(layer, blob)| Some((layer.handle.contents.as_ref()?, blob.descriptor.size)));
    known.map(|(path, size)| Ok((context::contents(&nix, path)?, size))).collect()
}

fn table(what: &str, rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["compressed", "unpacked", what]);
    for column in 0..2 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for row in rows {
        table.add_row([HumanBytes(row.compressed).to_string(), HumanBytes(row.unpacked).to_string(), row.name.clone()]);
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
