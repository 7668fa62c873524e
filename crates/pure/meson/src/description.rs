use crate::{InstallPlan, MesonError, Module, Ninja, Places};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that meson says of a tree.
#[derive(Debug, Clone)]
pub struct Description {
    /// The Python extension modules by their targets.
    pub modules: BTreeMap<String, Module>,
    /// What is installed into Python's folder.
    pub install: InstallPlan,
    /// What it says of libraries and programs that it looked for in vain, a line each.
    pub missing: BTreeSet<String>,
}

impl Description {
    /// Reads what `meson setup` wrote.
    ///
    /// # Errors
    /// [`MesonError`].
    pub fn parse(written: Written<'_>, places: &Places) -> Result<Self, MesonError> {
        let Written { ninja, install_plan, log } = written;
        let ninja = Ninja::parse(ninja)?;
        let install = InstallPlan::parse(install_plan, places)?;
        let mut modules = BTreeMap::new();
        for edge in ninja.edges().iter().filter(|edge| is_module(&edge.rule, edge.outputs.first())) {
            let module = Module::of(&ninja, edge, places)?;
            modules.insert(module.target.clone(), module);
        }
        let missing = log.lines().filter(|line| line.contains(NOT_FOUND)).map(ToOwned::to_owned).collect();
        Ok(Self { modules, install, missing })
    }
}

/// What meson says of something that it looked for in vain, in its log.
pub const NOT_FOUND: &str = " found: NO";

/// What `meson setup` wrote.
#[derive(Debug, Clone, Copy)]
pub struct Written<'t> {
    /// `build.ninja`.
    pub ninja: &'t str,
    /// `meson-info/intro-install_plan.json`.
    pub install_plan: &'t str,
    /// The lines of `meson-logs/meson-log.txt` that have [`NOT_FOUND`], and others if you like.
    pub log: &'t str,
}

/// Whether an edge links a module that Python imports.
fn is_module(rule: &str, output: Option<&String>) -> bool {
    rule.ends_with("_LINKER") && output.is_some_and(|path| path.ends_with(".so") && path.contains(".cpython-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NINJA: &str = "\
rule cython_COMPILER
 command = cython -M $ARGS $in -o $out
 depfile = $out.dep
rule c_COMPILER
 command = cc $ARGS -MF $DEPFILE -o $out -c $in
rule c_LINKER
 command = cc $ARGS -o $out $in $LINK_ARGS
rule CUSTOM_COMMAND
 command = $COMMAND
build src/s/w.pyx: CUSTOM_COMMAND ../src/gen/__init__.py
 COMMAND = /usr/bin/python3 ../src/s/../gen/__main__.py src/s
build src/s/w.cpython-314-x86_64-linux-gnu.so.p/w.pyx.c: cython_COMPILER src/s/w.pyx
 ARGS = -3 -I /build/src
build src/s/w.cpython-314-x86_64-linux-gnu.so.p/w.c.o: c_COMPILER src/s/w.cpython-314-x86_64-linux-gnu.so.p/w.pyx.c || src/s/w.pyx
 ARGS = -Isrc/s -I../src/s -I/usr/include
 DEPFILE = w.d
build src/s/w.cpython-314-x86_64-linux-gnu.so.p/x.c.o: c_COMPILER ../src/s/x.c
 ARGS = -I../src/s/x
build src/s/w.cpython-314-x86_64-linux-gnu.so: c_LINKER src/s/w.cpython-314-x86_64-linux-gnu.so.p/w.c.o src/s/w.cpython-314-x86_64-linux-gnu.so.p/x.c.o | /usr/lib/libgmp.so
 LINK_ARGS = -shared /usr/lib/libgmp.so
build libx.so: c_LINKER a.o
";

    fn written(ninja: &str) -> Written<'_> {
        Written { ninja, install_plan: "{}", log: "Library z found: NO\nRun-time dependency gmp found: YES 6.3\n" }
    }

    #[test]
    fn a_module_is_all_that_makes_it() {
        let places = Places { source: "/build".to_owned(), build: "/build/b".to_owned() };
        let all = Description::parse(written(NINJA), &places).unwrap();
        assert_eq!(all.modules.len(), 1);
        assert_eq!(all.missing.iter().collect::<Vec<_>>(), ["Library z found: NO"]);
        let module = all.modules.values().next().unwrap();
        assert_eq!(module.stem("src"), Some("s/w"));
        let first_words: Vec<&str> =
            module.commands.iter().map(|command| command.line.split(' ').next().unwrap()).collect();
        assert_eq!(first_words, ["/usr/bin/python3", "cython", "cc", "cc", "cc"]);
        // The two objects need nothing of each other.
        let after: Vec<Vec<usize>> =
            module.commands.iter().map(|command| command.after.iter().copied().collect()).collect();
        assert_eq!(after, [vec![], vec![0], vec![0, 1], vec![], vec![2, 3]]);
        assert_eq!(
            module.sources.iter().collect::<Vec<_>>(),
            ["src/gen/__init__.py", "src/gen/__main__.py", "src/s/x.c"]
        );
        assert_eq!(module.cython.iter().collect::<Vec<_>>(), ["b/src/s/w.pyx"]);
        assert_eq!(module.include.iter().collect::<Vec<_>>(), ["b/src/s", "src/s", "src/s/x"]);
        assert_eq!(module.depfiles[0].path, "src/s/w.cpython-314-x86_64-linux-gnu.so.p/w.pyx.c.dep");
        assert_eq!(module.folders.iter().collect::<Vec<_>>(), ["src/s", "src/s/w.cpython-314-x86_64-linux-gnu.so.p"]);
        assert_eq!(module.led_through.iter().collect::<Vec<_>>(), ["src/s"], "no file of it needs to be there");
        assert!(module.generated);
    }

    #[test]
    fn a_circle_is_an_error() {
        let places = Places { source: "/build".to_owned(), build: "/build/b".to_owned() };
        let text = "rule c_LINKER\n command = x\nbuild a.cpython-3.so: c_LINKER b\nbuild b: c_LINKER a.cpython-3.so\n";
        let error = Description::parse(written(text), &places).unwrap_err();
        assert!(matches!(error, MesonError::Circle { .. }), "{error}");
    }
}
