/// Where an installation puts things, as paths in the image without a leading `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Modules.
    pub modules: String,
    /// What wheels call `data`, such as `share` and `etc`.
    pub data: String,
    /// Programs.
    pub scripts: String,
    /// The program that scripts are run by, absolute.
    pub python: String,
}

impl Layout {
    /// Where `pip` as root installs on Debian (its `posix_local` scheme): below `/usr/local`, which comes before Debian's
    /// own packages on every search path. `version` is Python's, as `3.14`.
    pub fn debian_local(version: &str) -> Self {
        Self {
            modules: format!("usr/local/lib/python{version}/dist-packages"),
            data: "usr/local".to_owned(),
            scripts: "usr/local/bin".to_owned(),
            python: "/usr/bin/python3".to_owned(),
        }
    }

    /// How `RECORD` writes an installed path: relative to the modules.
    pub(crate) fn recorded(&self, path: &str) -> String {
        if let Some(below) = path.strip_prefix(&self.modules).and_then(|rest| rest.strip_prefix('/')) {
            return below.to_owned();
        }
        let common = self.modules.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
        let up = self.modules.split('/').count() - common;
        let rest: Vec<&str> = path.split('/').skip(common).collect();
        format!("{}{}", "../".repeat(up), rest.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_relative_to_the_modules() {
        let layout = Layout::debian_local("3.14");
        assert_eq!(layout.recorded("usr/local/lib/python3.14/dist-packages/a/b.py"), "a/b.py");
        assert_eq!(layout.recorded("usr/local/share/x"), "../../../share/x");
        assert_eq!(layout.recorded("usr/local/bin/x"), "../../../bin/x");
        // As the text of the path, not as its beginning.
        assert_eq!(layout.recorded("usr/local/lib/python3.14/dist-packagesx"), "../dist-packagesx");
    }
}
