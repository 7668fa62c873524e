use crate::Outcome;
use crate::container::Lab;
use crate::trouble::Trouble;
use sage_oci_checks::{Check, ImageExpect};
use std::fmt::Debug;
use std::time::Instant;

/// Holds what the engine says of an image against what is expected.
pub(crate) async fn run(lab: &Lab<'_>, check: &Check, expect: &ImageExpect) -> Outcome {
    let began = Instant::now();
    let verdict = match lab.engine.image(lab.image).await {
        Ok(image) => {
            let layers = image.root_fs.and_then(|root| root.layers).unwrap_or_default().len();
            judge(&image.config.unwrap_or_default(), layers, expect).map_err(Trouble::failed)
        }
        Err(error) => Err(error.into()),
    };
    let outcome = Outcome::passed(check, began.elapsed());
    match verdict {
        Ok(()) => outcome,
        Err(trouble) => outcome.with(trouble),
    }
}

fn judge(config: &Config, layers: usize, expect: &ImageExpect) -> Result<(), String> {
    same("user", &expect.user, config.user.clone().unwrap_or_default())?;
    same("working folder", &expect.working_dir, config.working_dir.clone().unwrap_or_default())?;
    same("default command", &expect.cmd, config.cmd.clone().unwrap_or_default())?;
    same("entry point", &expect.entrypoint, config.entrypoint.clone().unwrap_or_default())?;
    let ports = config.exposed_ports.clone().unwrap_or_default();
    if let Some(port) = expect.ports.iter().find(|port| !ports.contains(port)) {
        return Err(format!("it does not expose {port}, but {ports:?}"));
    }
    let labels = config.labels.clone().unwrap_or_default();
    if let Some(label) = expect.labels.iter().find(|label| labels.get(*label).is_none_or(String::is_empty)) {
        return Err(format!("it has no label {label}"));
    }
    let (least, most) = (expect.min_layers.unwrap_or(0), expect.max_layers.unwrap_or(usize::MAX));
    if layers < least || layers > most {
        return Err(format!("it has {layers} layers, expected {least} to {most}"));
    }
    Ok(())
}

/// What the engine says of how an image runs.
type Config = sage_oci_engine::ImageConfig;

fn same<T: PartialEq + Debug>(what: &str, expected: &Option<T>, found: T) -> Result<(), String> {
    match expected {
        Some(expected) if *expected != found => Err(format!("its {what} is {found:?}, expected {expected:?}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let labels = [("title".to_owned(), "t".to_owned()), ("empty".to_owned(), String::new())];
        let config = Config {
            user: Some("sage".to_owned()),
            exposed_ports: Some(vec!["8888/tcp".to_owned()]),
            labels: Some(labels.into_iter().collect()),
            ..Config::default()
        };
        let judge = |expect: ImageExpect| judge(&config, 3, &expect);
        let text = |word: &str| vec![word.to_owned()];
        judge(ImageExpect { user: Some("sage".to_owned()), labels: text("title"), ..ImageExpect::default() }).unwrap();
        judge(ImageExpect { entrypoint: Some(Vec::new()), max_layers: Some(3), ..ImageExpect::default() }).unwrap();
        let refused = |expect| judge(expect).unwrap_err();
        assert!(refused(ImageExpect { cmd: Some(text("sage")), ..ImageExpect::default() }).contains("default command"));
        assert!(refused(ImageExpect { labels: text("empty"), ..ImageExpect::default() }).contains("label empty"));
        assert!(refused(ImageExpect { ports: text("1/tcp"), ..ImageExpect::default() }).contains("1/tcp"));
        assert!(refused(ImageExpect { min_layers: Some(4), ..ImageExpect::default() }).contains("3 layers"));
    }
}
