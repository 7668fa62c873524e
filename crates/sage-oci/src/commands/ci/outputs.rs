use super::job::Job;
use crate::Failure;
use sage_oci_names::StorePath;
use sage_oci_pipeline::{Outcome, Published, status_line, summary};
use sage_oci_smoke::{Report, to_json, to_junit};
use std::io::Write;

/// What came of a job.
#[derive(Default)]
pub struct Ended {
    pub outcomes: Vec<Outcome>,
    pub published: Vec<Published>,
    pub reports: Vec<Report>,
    /// What was built, as it lies in the store.
    pub paths: Vec<StorePath>,
    /// What could not be done, for people.
    pub failures: Vec<String>,
    /// Whether one of them says that something could not be checked, and not that it was found wrong.
    pub could_not: bool,
}

impl Ended {
    /// Takes note of what could not be done, and tells it at once.
    pub fn fail(&mut self, job: &Job<'_>, about: &str, failure: Failure) {
        let text = job.told(about, &failure);
        let hint = match &failure {
            Failure::Red { hint, .. } | Failure::Error { hint, .. } => hint.clone(),
            Failure::NotFine => None,
        };
        job.context.printer.error(&text, hint.as_deref());
        self.could_not |= matches!(failure, Failure::Error { .. });
        self.failures.push(text);
    }

    /// Whether there is no point in going on.
    pub fn is_over(&self) -> bool {
        !self.failures.is_empty() || !is_fine(&self.outcomes)
    }

    /// The exit status of the job.
    pub fn verdict(&self) -> Result<(), Failure> {
        match self.failures.first() {
            Some(_) if !self.could_not => Err(Failure::NotFine),
            Some(first) if self.failures.len() == 1 => Err(Failure::new(first, None)),
            Some(first) => Err(Failure::new(format_args!("{first}, and {} more", self.failures.len() - 1), None)),
            None if is_fine(&self.outcomes) => Ok(()),
            None => Err(Failure::NotFine),
        }
    }
}

/// Whether no check has failed.
fn is_fine(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| outcome.failed == 0)
}

/// Writes what came of an image, for the job that publishes.
pub fn write_outcome(job: &Job<'_>, outcome: &Outcome) -> Result<(), Failure> {
    let path = job.out("results").join(outcome.file_name());
    Ok(sage_oci_files::write_atomic(path, outcome.to_json().as_bytes())?)
}

/// Reads what all build jobs have left.
pub fn read_outcomes(job: &Job<'_>) -> Result<Vec<Outcome>, Failure> {
    let folder = job.out("results");
    let mut all = Vec::new();
    for path in sage_oci_files::list(&folder)? {
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = sage_oci_files::read_to_string(&path)?;
            all.push(Outcome::parse(&path.display().to_string(), &text)?);
        }
    }
    match all.is_empty() {
        true => Err(Failure::new(
            format_args!("{} has no results", folder.display()),
            Some("the build jobs write them: `sage-oci ci --part build --out DIR`".to_owned()),
        )),
        false => Ok(all),
    }
}

/// Refuses results of a revision of the source where none is asked for, and the other way round: their tags follow other rules.
pub fn same_kind(job: &Job<'_>, outcomes: &[Outcome]) -> Result<(), Failure> {
    let is_asked = job.plan.revision.is_some();
    let Some(other) = outcomes.iter().find(|one| one.revision.is_some() != is_asked) else { return Ok(()) };
    let (what, hint) = match &other.revision {
        Some(revision) => (format!("the revision `{}`", revision.tag), "say `--sage` here, too, as the build job did"),
        None => ("the packaged release".to_owned(), "leave `--sage` out here, as the build job did"),
    };
    let about = format!("{} of {}", other.image, other.channel);
    Err(Failure::new(format_args!("the results of {about} are of {what}"), Some(hint.to_owned())))
}

/// Writes reports and summary, to the folder and where the service shows them, and sets the commit's status.
pub fn write(job: &Job<'_>, ended: &Ended) -> Result<(), Failure> {
    let Ended { outcomes, published, reports, failures, .. } = ended;
    if !reports.is_empty() {
        sage_oci_files::write_atomic(job.out("report.json"), to_json(reports).as_bytes())?;
        sage_oci_files::write_atomic(job.out("junit.xml"), to_junit(reports)?.as_bytes())?;
    }
    // What `sha256sum` would say of the indexes and manifests, for those who sign them.
    let subjects = published.iter().filter(|one| !one.tags.is_empty());
    let subjects: String = subjects.map(|one| format!("{}  {}\n", one.digest.sha256().hex(), one.repository)).collect();
    if !subjects.is_empty() {
        sage_oci_files::write_atomic(job.out("subjects"), subjects.as_bytes())?;
    }
    let text = summary(&job.plan, &job.machine, outcomes, published, failures);
    sage_oci_files::write_atomic(job.out("summary.md"), text.as_bytes())?;
    if let Some(path) = &job.plan.summary {
        let mut file = sage_oci_files::append(path)?;
        file.write_all(text.as_bytes()).map_err(sage_oci_files::FileError::at("append to", path))?;
    }
    job.step(format_args!(
        "{}; the summary is {}",
        status_line(outcomes, published, failures),
        job.out("summary.md").display()
    ));
    Ok(())
}
