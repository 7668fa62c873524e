use crate::{Config, Has, PipelineError, Plan, Surroundings, examples, plan};
use sage_oci_tags::{Purpose, branch_tag};
use std::collections::BTreeSet;

/// What a job does on each service for each kind of ref, as a Markdown table; all of it is built and tested.
///
/// # Errors
/// [`PipelineError`] as [`plan`] has it.
pub fn table(config: &Config, has: &Has) -> Result<String, PipelineError> {
    let mut table =
        "| where | job | ref | is a | pushed to | tags | why |\n| --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for example in examples() {
        let surroundings = Surroundings::of(&example.environment)?;
        let surroundings = match example.event {
            Some(event) => surroundings.with_event(event)?,
            None => surroundings,
        };
        let has = Has { credentials: example.credentials, ..has.clone() };
        let plan = plan(&surroundings, config, &has)?;
        let cells = [
            example.service.name().to_owned(),
            example.name.to_owned(),
            plan.reference.clone(),
            plan.kind.name().to_owned(),
            places(&plan),
            tags(&plan),
            plan.why.join("; "),
        ];
        table.push_str(&format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | ")));
    }
    Ok(table)
}

/// What all destinations begin with.
fn places(plan: &Plan) -> String {
    let places: BTreeSet<String> = plan
        .push
        .iter()
        .map(|one| one.repository.strip_suffix(&format!("/{}", one.image)).unwrap_or(&one.repository).to_owned())
        .collect();
    if places.is_empty() {
        "no".to_owned()
    } else {
        places.into_iter().map(|place| format!("`{place}`")).collect::<Vec<_>>().join(", ")
    }
}

/// The tags that may move.
fn tags(plan: &Plan) -> String {
    match &plan.tags {
        None => "none".to_owned(),
        Some(Purpose::Release) => "`X.Y-N`, `X.Y`, the channel's, `develop`, `latest`".to_owned(),
        Some(Purpose::PreRelease) => "`X.Y.betaZ-N`, `X.Y.betaZ`, `develop`".to_owned(),
        Some(Purpose::Develop) => "`develop`".to_owned(),
        Some(Purpose::Branch(name)) => format!("`{}`", branch_tag(name, &BTreeSet::new())),
        Some(Purpose::Revision { .. }) => "the one that it says itself".to_owned(),
        Some(Purpose::Local) => "the version and the channel's".to_owned(),
    }
}
