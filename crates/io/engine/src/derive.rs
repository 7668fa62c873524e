use crate::archive::header;
use crate::{Engine, EngineError, RunId};
use bollard::errors::Error;
use bollard::query_parameters::BuildImageOptionsBuilder;
use futures_util::StreamExt;
use sage_oci_names::{EngineImage, Reference};
use std::collections::BTreeMap;
use std::time::Duration;

/// An image that the engine's own builder made; it is removed when this goes, unless it is kept.
pub struct Derived {
    engine: Engine,
    name: Reference,
    /// Whether it was removed already, or is to stay.
    settled: bool,
}

impl Engine {
    /// Builds an image `FROM` another as users do: with instructions, and files beside them. There is no network.
    ///
    /// # Errors
    ///
    /// An instruction fails; the error has the engine's words.
    pub async fn derive(
        &self,
        base: &EngineImage,
        instructions: &str,
        files: &BTreeMap<String, String>,
        run: &RunId,
        within: Duration,
    ) -> Result<Derived, EngineError> {
        let reference = Reference::parse(&format!("sage-oci-derived-{}:latest", RunId::unique().as_str()))?;
        let dockerfile = format!("FROM {base}\n{instructions}");
        let context = context(files.iter().chain([(&DOCKERFILE.to_owned(), &dockerfile)]));
        let options = BuildImageOptionsBuilder::default()
            .dockerfile(DOCKERFILE)
            .t(&reference.to_string())
            .labels(&self.labels(run, false))
            .networkmode("none")
            .nocache(true)
            .rm(true)
            .forcerm(true)
            .build();
        // Guarded from the first byte on: the name may be there before the answer is.
        let derived = Derived { engine: self.clone(), name: reference, settled: false };
        let build = async {
            let mut said = Box::pin(self.docker.build_image(options, None, Some(bollard::body_full(context.into()))));
            let mut last = String::new();
            while let Some(part) = said.next().await {
                let part = match part {
                    // The builder's own words, in the middle of its answer.
                    Err(Error::DockerStreamError { error: message }) => {
                        return Err(EngineError::BuildFailed { step: last, message });
                    }
                    part => part.map_err(|error| self.error(format!("building on {base}"), error))?,
                };
                if let Some(step) = part.stream.as_deref().map(str::trim).filter(|text| text.starts_with("Step ")) {
                    step.clone_into(&mut last);
                }
            }
            Ok(())
        };
        let silent = || EngineError::Silent {
            host: self.host.to_string(),
            during: format!("building on {base}"),
            seconds: within.as_secs(),
        };
        tokio::time::timeout(within, build).await.unwrap_or_else(|_| Err(silent()))?;
        Ok(derived)
    }
}

/// The name of the instructions in the context; users' own files do not have it.
const DOCKERFILE: &str = ".sage-oci.Dockerfile";

impl Derived {
    /// The image's name.
    pub fn name(&self) -> &Reference {
        &self.name
    }

    /// Lets the image stay, for a container of it that is kept; it goes with the leftovers of its run.
    pub fn keep(mut self) {
        self.settled = true;
    }

    /// Removes the image now, and says whether that worked.
    pub async fn remove(mut self) -> Result<(), EngineError> {
        self.settled = true;
        self.engine.untag(&self.name).await
    }
}

impl Drop for Derived {
    fn drop(&mut self) {
        if !self.settled
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (engine, name) = (self.engine.clone(), self.name.clone());
            runtime.spawn(async move { engine.untag(&name).await });
        }
    }
}

/// An archive of small files. They are readable by everyone, as most files are.
fn context<'a>(files: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, text) in files {
        let Ok(header) = header(name, text.len() as u64) else { continue };
        archive.extend_from_slice(&header);
        archive.extend_from_slice(text.as_bytes());
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.extend_from_slice(&[0; 1024]);
    archive
}
