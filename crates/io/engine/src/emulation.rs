use crate::{Engine, EngineError, RunId, RunOutput, RunSpec};
use bollard::errors::Error;
use sage_oci_names::{Architecture, EngineImage};

/// What the kernel says of a program for a machine that it is not, in the words of every runtime (`ENOEXEC`).
const CANNOT_RUN: &str = "exec format error";

impl Engine {
    /// The architecture of the machine that containers run on, where it is one we support.
    pub fn architecture(&self) -> Option<Architecture> {
        self.machine
    }

    /// Whether an image for an architecture would be run by an emulator. It is then tried whether there is one: a
    /// container runs `true`. How that ends does not matter as long as it begins; an image may be without `true`.
    ///
    /// # Errors
    ///
    /// [`EngineError::CannotRun`], or the engine does not answer.
    pub async fn emulates(
        &self,
        image: &EngineImage,
        architecture: Architecture,
        run: &RunId,
    ) -> Result<bool, EngineError> {
        if self.machine.is_none_or(|machine| machine == architecture) {
            return Ok(false);
        }
        let refused = match self.run(&RunSpec::new(image.clone(), ["true"], run.clone())).await {
            // Docker 20.10 with a newer runc starts the container, and there it ends.
            Ok(RunOutput { stderr, .. }) => is_refusal(&String::from_utf8_lossy(&stderr)),
            Err(EngineError::Api { source, .. }) => match *source {
                Error::DockerResponseServerError { message, .. } => is_refusal(&message),
                _ => false,
            },
            Err(error) => return Err(error),
        };
        if refused {
            let machine = self.machine.map(|machine| machine.to_string()).unwrap_or_default();
            return Err(EngineError::CannotRun {
                host: self.host.to_string(),
                machine,
                architecture: architecture.to_string(),
            });
        }
        Ok(true)
    }
}

fn is_refusal(text: &str) -> bool {
    text.to_ascii_lowercase().contains(CANNOT_RUN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_as_the_engines_word_them() {
        for text in [
            "exec /usr/bin/true: exec format error\n",
            "standard_init_linux.go:228: exec user process caused: exec format error",
            "failed to create task for container: runc create failed: unable to start container process: exec: \"true\": exec format error",
            "{\"message\":\"crun: open executable: Exec format error: OCI runtime error\"}",
        ] {
            assert!(is_refusal(text), "{text}");
        }
        assert!(!is_refusal("exec: \"true\": executable file not found in $PATH"));
    }
}
