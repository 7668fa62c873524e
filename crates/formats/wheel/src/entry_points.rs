//! Programs of `entry_points.txt`: in the section `console_scripts`, a line `name = module:function` each.

use crate::{Layout, WheelError};

/// The names and texts of the programs of the file named `file`, sorted by name.
pub(crate) fn scripts(file: &str, text: &str, layout: &Layout) -> Result<Vec<(String, String)>, WheelError> {
    let mut scripts = Vec::new();
    let mut wanted = false;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            wanted = matches!(section.trim(), "console_scripts" | "gui_scripts");
            continue;
        }
        if !wanted || line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let malformed = || WheelError::Malformed { file: file.to_owned(), why: format!("no program: {line}") };
        let (name, reference) = line.split_once('=').ok_or_else(malformed)?;
        // Behind the reference may stand `[extras]`, which an installation does not need.
        let reference = reference.split('[').next().unwrap_or_default();
        let (module, function) = reference.split_once(':').ok_or_else(malformed)?;
        let (name, module, function) = (name.trim(), module.trim(), function.trim());
        if name.is_empty() || name.contains('/') || !is_dotted(module) || !is_dotted(function) {
            return Err(malformed());
        }
        scripts.push((name.to_owned(), script(layout, module, function)));
    }
    scripts.sort();
    Ok(scripts)
}

/// Whether a text is identifiers with dots between them; it is put into a program's text.
fn is_dotted(text: &str) -> bool {
    let identifier = |part: &str| {
        !part.starts_with(|c: char| c.is_ascii_digit())
            && !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    text.split('.').all(identifier)
}

fn script(layout: &Layout, module: &str, function: &str) -> String {
    let first = function.split('.').next().unwrap_or(function);
    format!("#!{}\nimport sys\n\nfrom {module} import {first}\n\nsys.exit({function}())\n", layout.python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_those_of_two_sections() {
        let text = "[other]\nx = y\n\n[console_scripts]\n# a remark\ntool = pkg.main:app.run [extra]\n\na=b:c\n";
        let scripts = scripts("entry_points.txt", text, &Layout::debian_local("3.14")).unwrap();
        assert_eq!(scripts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "tool"]);
        assert_eq!(scripts[1].1, "#!/usr/bin/python3\nimport sys\n\nfrom pkg.main import app\n\nsys.exit(app.run())\n");
    }

    #[test]
    fn what_is_no_program_is_told() {
        for line in ["x", "x = y", "x = y:z;w", "../x = y:z", "x = 1y:z"] {
            let text = format!("[console_scripts]\n{line}\n");
            assert!(scripts("entry_points.txt", &text, &Layout::debian_local("3.14")).is_err(), "{line}");
        }
    }
}
