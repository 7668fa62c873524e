use sage_oci_doctest::{ABSENT, FileName, NOTHING, Run, read};
use sage_oci_engine::{Engine, EngineError, RunId, RunSpec};
use sage_oci_names::EngineImage;
use std::time::Duration;

/// Where the statistics are left in the container.
const STATS: &str = "/tmp/sage-oci-doctest.json";
/// The most of a log that is read, in bytes; that of all of Sage has a hundredth of it.
const MOST: usize = 256 << 20;

/// Which tests, and how they are run.
#[derive(Debug, Clone)]
pub struct Doctests {
    /// Files and folders.
    pub paths: Vec<FileName>,
    /// How many files are tested at once, at least one.
    pub jobs: usize,
    /// How long one file may take.
    pub file_timeout: Duration,
    /// How long all may take.
    pub timeout: Duration,
    /// The run that the container belongs to; a Ctrl-C handler removes it by that.
    pub run: RunId,
}

/// What became of them.
#[derive(Debug, Clone)]
pub struct Tested {
    /// What `sage -t` said.
    pub run: Run,
    /// How long it took, with making and removing the container.
    pub took: Duration,
    /// The last lines of the log.
    pub tail: String,
}

/// Runs Sage's own tests of some files in a container without network. `hear` gets the log as it comes, all of it.
///
/// The files are those that are installed, since they are what the image's modules were made of; documents and what else is not installed
/// come from the work tree, where the image has one. The random seed is always the same, so that two runs can be compared.
///
/// # Errors
/// The engine cannot make, start or watch the container. Anything that `sage -t` says, or that ends it, is no error, but stands in the run.
pub async fn run_doctests(
    engine: &Engine,
    image: &EngineImage,
    doctests: &Doctests,
    hear: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<Tested, EngineError> {
    let mut command: Vec<String> = ["sh", "-c", &script(), "sage-oci", STATS].map(str::to_owned).to_vec();
    command.push(doctests.jobs.max(1).to_string());
    command.push(doctests.file_timeout.as_secs().to_string());
    command.extend(doctests.paths.iter().map(ToString::to_string));
    let spec = RunSpec {
        // What a test leaves behind when it is killed needs a parent that waits for it.
        init: true,
        timeout: doctests.timeout,
        artefact: Some(STATS.to_owned()),
        ..RunSpec::new(image.clone(), command, doctests.run.clone())
    };
    let (mut log, mut is_cut) = (Vec::new(), false);
    let mut both = |bytes: &[u8]| {
        hear(bytes);
        is_cut |= log.len() + bytes.len() > MOST;
        if !is_cut {
            log.extend_from_slice(bytes);
        }
    };
    let output = engine.run_and_hear(&spec, &mut both).await?;
    let mut run = read(&log, output.artefact.as_deref(), output.exit);
    if output.timed_out {
        let minutes = doctests.timeout.as_secs_f64() / 60.0;
        run.trouble.push(format!("the time of {minutes:.0} minutes was over"));
    }
    if output.oom {
        run.trouble.push("the kernel killed a process for want of memory".to_owned());
    }
    if is_cut {
        run.trouble.push(format!("the log is longer than {} MiB, and only its beginning was read", MOST >> 20));
    }
    let end = &log[log.len().saturating_sub(2000)..];
    Ok(Tested { run, took: output.took, tail: String::from_utf8_lossy(end).trim_end().to_owned() })
}

/// Finds each path where it is installed or in the work tree, and tests what is there.
fn script() -> String {
    format!(
        r#"exec 2>&1
stats=$1 jobs=$2 seconds=$3
shift 3
for path do
    shift
    for folder in /usr/lib/python3/dist-packages /home/sage/sage/src; do
        if [ -e "$folder/$path" ]; then
            set -- "$@" "$folder/$path"
            continue 2
        fi
    done
    echo "{ABSENT}$path"
done
if [ $# = 0 ]; then
    echo "{NOTHING}"
    exit 0
fi
cd /tmp || exit
# Not as process 1: a test signals its parent when that may be gone, and an orphan's is process 1.
sage -t -p "$jobs" --timeout="$seconds" --random-seed=0 --stats_path="$stats" "$@"
exit $?
"#
    )
}
