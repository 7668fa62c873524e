use super::deadline::Deadline;
use crate::context::Context;
use crate::{Failure, cli};
use sage_oci_names::ImageName;
use sage_oci_pipeline::{Called, Plan};
use sage_oci_publish::Commit;
use sage_oci_registry::Repository;
use std::path::{Path, PathBuf};

/// A job: what it does, and where what comes of it goes.
pub struct Job<'a> {
    pub context: &'a Context,
    pub options: &'a cli::Ci,
    pub plan: Plan,
    /// What the service calls the commit.
    pub called: Option<Called>,
    /// The commit that asks for the images, and its date.
    pub commit: Option<Commit>,
    pub deadline: Option<Deadline>,
    /// The machine, for the summary.
    pub machine: Vec<String>,
}

impl<'a> Job<'a> {
    /// Makes the folders and begins to count the time.
    pub fn begin(
        context: &'a Context,
        options: &'a cli::Ci,
        plan: Plan,
        called: Option<Called>,
    ) -> Result<Self, Failure> {
        let deadline = options.deadline.map(Deadline::in_minutes);
        for folder in ["results", "logs"] {
            sage_oci_files::create_dir_all(options.out.join(folder))?;
        }
        let part = match options.part {
            None => "ci",
            Some(cli::Part::Build) => "build",
            Some(cli::Part::Publish) => "publish",
        };
        context.printer.also_to(sage_oci_files::create(options.out.join(format!("logs/{part}.log")))?);
        // A date of another commit than the one that the service names would be worth nothing.
        let here = context.project.commit();
        let named = here.filter(|here| plan.commit.as_ref().is_none_or(|named| *named == here.digest));
        let commit = named.map(|here| Commit { revision: here.digest, revised: here.seconds });
        Ok(Self { context, options, plan, called, commit, deadline, machine: Vec::new() })
    }

    /// Where an image goes; none where nothing is pushed.
    pub fn destination(&self, image: &ImageName) -> Result<Option<Repository>, Failure> {
        let found = self.plan.push.iter().find(|destination| destination.image == *image);
        let plain = self.options.registry.plain_http;
        Ok(found.map(|found| Repository::parse(&found.repository, plain)).transpose()?)
    }

    /// How images are built: with the cache that is kept between jobs, and the logs beside the reports.
    pub fn building(&self) -> Result<cli::Building, Failure> {
        let cache = self.options.cache.as_ref().map(|folder| address(folder)).transpose()?;
        let (timings, logs) = (self.options.verbose, Some(self.out("logs")));
        Ok(cli::Building { substituters: cache, timings, logs, ..cli::Building::default() })
    }

    /// A path in the folder of results.
    pub fn out(&self, name: &str) -> PathBuf {
        self.options.out.join(name)
    }

    /// What is done now.
    pub fn step(&self, text: impl std::fmt::Display) {
        self.context.printer.step("CI", text);
    }

    /// An error of a part of the job, as the summary tells it; one of the deadline says so.
    pub fn told(&self, about: &str, failure: &Failure) -> String {
        if let Some(late) = self.deadline.as_ref().and_then(Deadline::said) {
            return format!("{about}: {late}");
        }
        match failure {
            Failure::NotFine => format!("{about}: checked, and not fine"),
            Failure::Red { message, .. } | Failure::Error { message, .. } => format!("{about}: {message}"),
        }
    }
}

/// A binary cache in a folder, as Nix names it. It is the job's own, so nobody has to sign what is in it.
fn address(folder: &Path) -> Result<String, Failure> {
    sage_oci_files::create_dir_all(folder)?;
    Ok(format!("file://{}?trusted=true", sage_oci_files::real_path(folder)?.display()))
}
