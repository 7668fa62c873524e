use crate::markdown::{code, fenced, line, prose};
use crate::page::{Page, details};
use crate::{OfRevision, Outcome};

/// So many names are told; the others are counted.
const NAMES: usize = 40;

/// What the images are made of that are of a chosen revision of the source: which one it is, and what it changes in each.
pub(crate) fn changes(page: &mut Page, outcomes: &[Outcome]) {
    let of: Vec<(&Outcome, &OfRevision)> =
        outcomes.iter().filter_map(|one| Some((one, one.revision.as_ref()?))).collect();
    let Some((_, first)) = of.first() else { return };
    page.add("### The revision of the source\n\n");
    let mut said: Vec<String> = Vec::new();
    for (_, revision) in &of {
        let text = revision.said();
        if !said.contains(&text) {
            page.add(&format!("{}\n\n", prose(&text)));
            said.push(text);
        }
    }
    page.add("| image | channel | architecture | compiled | kept | other files | merged | conflicts | doctests |\n");
    page.add("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (one, revision) in &of {
        page.add(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            one.image,
            one.channel,
            one.architecture,
            revision.compiled.len(),
            revision.kept,
            files(revision),
            revision.merged.len(),
            counted(revision.conflicts.len()),
            doctests(revision)
        ));
    }
    page.add("\n");
    conflicts(page, &of);
    // The modules are those of the source, whichever image has them.
    let all = |names: fn(&OfRevision) -> &Vec<String>| of.iter().map(|(_, one)| names(one)).max_by_key(|all| all.len());
    names(page, "Compiled modules", all(|one| &one.compiled).unwrap_or(&first.compiled));
    names(page, "Merged files", all(|one| &one.merged).unwrap_or(&first.merged));
}

fn counted(count: usize) -> String {
    if count == 0 { "0".to_owned() } else { format!("**{count}**") }
}

fn files(revision: &OfRevision) -> String {
    match revision.removed {
        0 => revision.files.to_string(),
        removed => format!("{}, {removed} gone", revision.files),
    }
}

fn doctests(revision: &OfRevision) -> String {
    let Some(tests) = revision.doctests else { return "not run".to_owned() };
    let new = match tests.new {
        0 => "no new failure".to_owned(),
        new => format!("**{new} new**"),
    };
    format!("{} tests of {} files: {new}, {} known, {} fixed", tests.tests, tests.files, tests.known, tests.fixed)
}

/// Each file once, as a sentence that says whose text stands.
fn conflicts(page: &mut Page, of: &[(&Outcome, &OfRevision)]) {
    let mut all: Vec<&String> = of.iter().flat_map(|(_, one)| &one.conflicts).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        return;
    }
    page.add("Changes of the distribution that do not fit, so that the revision's text was taken; both sides are in the logs:\n\n");
    for path in all.iter().take(NAMES) {
        page.add(&format!("- {}\n", code(path)));
    }
    if all.len() > NAMES {
        page.add(&format!("- and {} more\n", all.len() - NAMES));
    }
    page.add("\n");
}

fn names(page: &mut Page, title: &str, all: &[String]) {
    if all.is_empty() {
        return;
    }
    let mut lines: Vec<String> = all.iter().take(NAMES).map(|name| line(name)).collect();
    if all.len() > NAMES {
        lines.push(format!("and {} more", all.len() - NAMES));
    }
    page.add(&details(title, &fenced("", &lines.join("\n"))));
}
