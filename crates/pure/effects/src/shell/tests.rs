use super::*;

fn configure(body: &str) -> Result<Vec<Effect>, String> {
    follow(&format!("#!/bin/sh\nset -e\n{body}"), &[Some("configure"), Some("")])
}

#[test]
fn probe() {
    assert_eq!(configure("true\n"), Ok(vec![]));
}
