use sage_oci_checks::{Check, Selection};
use sage_oci_engine::Host;

/// Skips the checks that this machine, with an engine at this address, cannot run. Nothing is run to find that out.
pub fn skip_impossible(selection: &mut Selection, engine: &Host) {
    for check in selection.checks.iter_mut().filter(|check| check.skip.is_none()) {
        check.skip = reason(check, engine);
    }
}

fn reason(check: &Check, engine: &Host) -> Option<String> {
    let programs = &check.options.host_programs;
    let missing = programs.iter().find(|program| which::which(program).is_err());
    match (missing, programs.first()) {
        (Some(program), _) => Some(no_program(program)),
        (None, Some(program)) if !engine.is_here() => {
            Some(format!("the engine at {engine} is on another machine and does not see this one's `{program}`"))
        }
        _ => None,
    }
}

/// Why a check is skipped that needs a program of this machine.
pub fn no_program(program: &str) -> String {
    format!("this machine has no program `{program}`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_checks::Checks;
    use sage_oci_names::ChannelName;

    #[test]
    fn a_program_must_be_here_and_where_the_engine_is() {
        let skipped = |program: &str, engine: &str| {
            let text = format!("version = 1\n[[check]]\nname = \"a\"\nrun = {{ host_programs = [\"{program}\"] }}\n");
            let mut selection = Checks::parse(&text).unwrap().for_channel(&ChannelName::parse("sid").unwrap()).unwrap();
            skip_impossible(&mut selection, &Host::parse(engine).unwrap());
            selection.checks[0].skip.clone()
        };
        let here = "unix:///run/docker.sock";
        assert_eq!(skipped("no-such-program", here).as_deref(), Some("this machine has no program `no-such-program`"));
        assert_eq!(skipped("sh", here), None);
        assert_eq!(skipped("sh", "tcp://127.0.0.1:2375"), None);
        let elsewhere = skipped("sh", "tcp://build.example:2375").unwrap();
        assert!(elsewhere.contains("tcp://build.example:2375 is on another machine"), "{elsewhere}");
    }
}
