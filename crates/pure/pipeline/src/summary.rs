use crate::binder::binder;
use crate::changes::changes;
use crate::difference::{bytes, difference};
use crate::markdown::{clean, code, fenced, prose};
use crate::page::{Page, details};
use crate::verdict::sentence;
use crate::{Failing, Outcome, Plan, Published};
use sage_oci_names::BlobDigest;

/// So many failing checks are shown with their last lines; of the others only name and message.
const TAILS: usize = 20;
/// The last lines of a failing check: at most so many, and so many bytes.
const TAIL_LINES: usize = 40;
const TAIL_BYTES: usize = 16 * 1024;

/// What a job's page shows, as GitHub-flavoured Markdown: the verdict first, then what went wrong, what there is, and how to get it.
///
/// `machine` describes the machine, a line each. `failures` are what went wrong beside checks, each a sentence without a full
/// stop. Nothing foreign becomes markup, whatever it holds. It has at most 900 KiB, and says where it was cut.
pub fn summary(
    plan: &Plan,
    machine: &[String],
    outcomes: &[Outcome],
    published: &[Published],
    failures: &[String],
) -> String {
    let mut page = Page::default();
    page.add(&format!("## {}\n\n", prose(&capital(sentence(outcomes, published, failures)))));
    page.add(&about(plan));
    list(&mut page, "### What went wrong", failures);
    table(&mut page, outcomes);
    changes(&mut page, outcomes);
    let why = if plan.push.is_empty() { "### Not pushed, because" } else { "### To know" };
    list(&mut page, why, &plan.why);
    failing(&mut page, outcomes);
    for one in published {
        show(&mut page, plan, one, title(outcomes, one));
    }
    pushed(&mut page, outcomes, published);
    if !machine.is_empty() {
        page.add(&details("The machine", &fenced("", &machine.join("\n"))));
    }
    page.end()
}

/// The ref, the commit and the job's address.
fn about(plan: &Plan) -> String {
    let mut parts = vec![format!("{} ({})", code(&plan.reference), plan.kind.name())];
    parts.extend(plan.repository.as_deref().map(|repository| format!("of {}", code(repository))));
    parts.extend(plan.commit.as_deref().map(|commit| format!("at {}", code(commit))));
    parts.extend(plan.revision.as_deref().map(|revision| format!("with the source of {}", code(revision))));
    parts.extend(plan.job.as_deref().map(|job| format!("by {}", link("this job", job))));
    format!("{}\n\n", parts.join(" "))
}

/// A link where an address is one that can be written as such, else the address as code.
fn link(text: &str, address: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:?#&=%+,@".contains(&byte);
    if address.starts_with("https://") && address.len() < 2000 && address.bytes().all(is_plain) {
        format!("[{text}]({address})")
    } else {
        code(address)
    }
}

fn capital(text: String) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn list(page: &mut Page, title: &str, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    page.add(&format!("{title}\n\n"));
    for sentence in sentences {
        if page.is_cut() {
            return;
        }
        page.add(&format!("- {}\n", prose(sentence)));
    }
    page.add("\n");
}

/// One row for each image; its cells hold nothing that could end one.
fn table(page: &mut Page, outcomes: &[Outcome]) {
    if outcomes.is_empty() {
        return;
    }
    page.add("| image | channel | architecture | digest | size | checks |\n| --- | --- | --- | --- | --- | --- |\n");
    for one in outcomes {
        page.add(&format!(
            "| {} | {} | {} | `{}` | {}, {} layers | {} |\n",
            one.image,
            one.channel,
            one.architecture,
            short(&one.digest),
            bytes(one.size),
            one.layers,
            checks(one)
        ));
    }
    page.add("\n");
}

fn checks(one: &Outcome) -> String {
    let mut parts = Vec::new();
    if one.failed > 0 {
        parts.push(format!("**{} failed**", one.failed));
    }
    if one.passed > 0 {
        parts.push(format!("{} passed", one.passed));
    }
    if one.skipped > 0 {
        parts.push(format!("{} not run", one.skipped));
    }
    if parts.is_empty() {
        return "none".to_owned();
    }
    parts.push(format!("{:.0} s", one.seconds));
    if one.pushed_again {
        parts.push("pulled by digest".to_owned());
    }
    parts.join(", ")
}

fn short(digest: &BlobDigest) -> String {
    format!("sha256:{}", &digest.sha256().hex()[..12])
}

/// The checks that failed, with what they said last.
fn failing(page: &mut Page, outcomes: &[Outcome]) {
    let mut shown = 0;
    for (one, check) in outcomes.iter().flat_map(|one| one.failing.iter().map(move |check| (one, check))) {
        if shown == 0 {
            page.add("### Failing checks\n\n");
        }
        shown += 1;
        let place = format!("{} {} {}", one.image, one.channel, one.architecture);
        page.add(&format!("{} of {place}: {}\n\n", code(&check.name), prose(&check.message)));
        if shown <= TAILS && !check.tail.trim().is_empty() {
            page.add(&format!("{}\n", fenced("", &tail(check))));
        }
    }
}

/// The last lines, and of a line without end the last bytes.
fn tail(check: &Failing) -> String {
    let text = &check.tail;
    // Cleaned first: a progress bar is a line for each of its states.
    let text = clean(&text[text.ceil_char_boundary(text.len().saturating_sub(TAIL_BYTES))..]);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

/// An image that was published: how to get it, its tags, and what is new.
fn show(page: &mut Page, plan: &Plan, one: &Published, title: Option<&str>) {
    if page.is_cut() {
        return;
    }
    let architectures: Vec<String> = one.architectures.iter().map(ToString::to_string).collect();
    page.add(&format!("### {} {} ({})\n\n", one.image, one.channel, architectures.join(", ")));
    if let Some(title) = title {
        page.add(&format!("{}\n\n", prose(title)));
    }
    page.add(&pull(&one.repository, &one.digest));
    page.add(&binder(plan, one));
    for tag in &one.tags {
        let from = tag.from.as_ref().map_or_else(|| "new".to_owned(), |from| format!("from `{}`", short(from)));
        page.add(&format!("- {}: {from} to `{}`: {}\n", code(&tag.tag), short(&tag.to), prose(&tag.why)));
    }
    for stays in &one.stays {
        page.add(&format!("- {}\n", prose(stays)));
    }
    let (sentence, packages) = difference(one);
    page.add(&format!("\n{}: {sentence}.\n\n", bytes(one.size)));
    if let Some(packages) = packages {
        page.add(&details("Packages", &fenced("diff", &packages)));
    }
}

/// The title that a result of it has.
fn title<'a>(outcomes: &'a [Outcome], published: &Published) -> Option<&'a str> {
    let is_it = |one: &&Outcome| (&one.image, &one.channel) == (&published.image, &published.channel);
    outcomes.iter().find(is_it).map(|one| one.title.as_str()).filter(|title| !title.is_empty())
}

/// The images that were pushed by digest, and are no part of what was published.
fn pushed(page: &mut Page, outcomes: &[Outcome], published: &[Published]) {
    for one in outcomes {
        let Some(repository) = &one.repository else { continue };
        if published.iter().any(|other| (&other.image, &other.channel) == (&one.image, &one.channel)) {
            continue;
        }
        page.add(&format!("### {} {} ({}), without a tag\n\n", one.image, one.channel, one.architecture));
        page.add(&pull(repository, &one.digest));
    }
}

fn pull(repository: &str, digest: &BlobDigest) -> String {
    format!("{}\n", fenced("sh", &format!("docker pull {repository}@{digest}")))
}
