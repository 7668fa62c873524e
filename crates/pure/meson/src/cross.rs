use crate::module::Made;
use crate::words::{quoted, shell_words};
use crate::{Description, MesonError, Module, Places, Written};

/// Compilers of one machine for another one.
///
/// Meson looks at a tree on the machine that compiles, where what it asks for can be run. What it says is then turned to the
/// target: the same commands with that one's triplet in every path, with its compilers (`aarch64-linux-gnu-gcc`), and with what lies
/// outside the tree taken from the target's root. Nothing of the target runs. This is true of a tree whose flags do not depend on
/// the processor; one that asks for instructions of the machine's (`-msse2`) is told so by the compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cross {
    /// The triplet of the machine that compiles, as `x86_64-linux-gnu`.
    pub machine: String,
    /// The triplet of the target.
    pub target: String,
    /// Where the target's root is mounted, absolute.
    pub sysroot: String,
}

impl Cross {
    /// Reads what `meson setup` wrote on the machine, as it is for the target.
    ///
    /// # Errors
    /// [`MesonError`].
    pub fn describe(&self, written: Written<'_>, places: &Places) -> Result<Description, MesonError> {
        let turned = |text: &str| text.replace(&self.machine, &self.target);
        let (ninja, install_plan) = (turned(written.ninja), turned(written.install_plan));
        let mut all = Description::parse(Written { ninja: &ninja, install_plan: &install_plan, ..written }, places)?;
        for module in all.modules.values_mut() {
            self.turn(module, places);
        }
        Ok(all)
    }

    /// The program of the target's tools, as `aarch64-linux-gnu-strip`.
    pub fn tool(&self, name: &str) -> String {
        format!("{}-{name}", self.target)
    }

    fn turn(&self, module: &mut Module, places: &Places) {
        for command in &mut module.commands {
            if !matches!(command.made, Made::Object | Made::Target) {
                continue;
            }
            let words = shell_words(&command.line);
            let Some((program, arguments)) = words.split_first() else { continue };
            let compiler = match program.rsplit('/').next() {
                Some("cc" | "gcc") => self.tool("gcc"),
                Some("c++" | "g++") => self.tool("g++"),
                _ => continue,
            };
            let mut line = format!("{compiler} --sysroot={}", quoted(&self.sysroot));
            for word in arguments {
                line.push(' ');
                line.push_str(&quoted(&self.argument(word, places)));
            }
            command.line = line;
        }
    }

    /// An argument: a path outside of the tree, alone or after the flag that takes it, lies in the target's root. Where programs look
    /// when they run (`-rpath`) stays: there the target's root is `/`.
    fn argument(&self, word: &str, places: &Places) -> String {
        let flags = ["-I", "-L", "-isystem"];
        let flag = flags.into_iter().find(|flag| word.starts_with(flag)).unwrap_or_default();
        let path = &word[flag.len()..];
        if path.starts_with('-') || path.is_empty() {
            return word.to_owned();
        }
        match places.outside(path) {
            Some(outside) => format!("{flag}{}{outside}", self.sysroot),
            None => word.to_owned(),
        }
    }
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
rule cpp_COMPILER
 command = c++ $ARGS -o $out -c $in
rule cpp_LINKER
 command = c++ $ARGS -o $out $in $LINK_ARGS
build src/s/w.cpython-314-x86_64-linux-gnu.so.p/w.c: cython_COMPILER ../src/s/w.pyx
 ARGS = -3 -I /usr/share/cython
build src/s/w.cpython-314-x86_64-linux-gnu.so.p/w.c.o: c_COMPILER src/s/w.cpython-314-x86_64-linux-gnu.so.p/w.c
 ARGS = -I../src/s -I../../usr/lib/python3/dist-packages/x -I/usr/include/x86_64-linux-gnu/python3.14 '-DNAME=\"a b\"'
 DEPFILE = w.d
build x.o: cpp_COMPILER ../src/s/x.cpp
 ARGS = -isystem/usr/include/y
build src/s/w.cpython-314-x86_64-linux-gnu.so: cpp_LINKER src/s/w.cpython-314-x86_64-linux-gnu.so.p/w.c.o x.o | /usr/lib/x86_64-linux-gnu/libgmp.so
 LINK_ARGS = -shared -L/usr/lib/x86_64-linux-gnu -Wl,-rpath,/usr/lib/x86_64-linux-gnu/blas /usr/lib/x86_64-linux-gnu/libgmp.so -lm
";

    #[test]
    fn the_targets_compilers_look_into_its_root() {
        let cross = Cross {
            machine: "x86_64-linux-gnu".to_owned(),
            target: "aarch64-linux-gnu".to_owned(),
            sysroot: "/sysroot".to_owned(),
        };
        let places = Places { source: "/build".to_owned(), build: "/build/b".to_owned() };
        let all = cross.describe(Written { ninja: NINJA, install_plan: "{}", log: "" }, &places).unwrap();
        let module = &all.modules["src/s/w.cpython-314-aarch64-linux-gnu.so"];
        let lines: Vec<&str> = module.commands.iter().map(|command| command.line.as_str()).collect();
        let folder = "src/s/w.cpython-314-aarch64-linux-gnu.so.p";
        assert_eq!(
            lines,
            [
                format!("cython -M -3 -I /usr/share/cython ../src/s/w.pyx -o {folder}/w.c"),
                format!(
                    "aarch64-linux-gnu-gcc --sysroot=/sysroot -I../src/s -I/sysroot/usr/lib/python3/dist-packages/x \
                     -I/sysroot/usr/include/aarch64-linux-gnu/python3.14 '-DNAME=\"a b\"' -MF w.d -o {folder}/w.c.o -c {folder}/w.c"
                ),
                "aarch64-linux-gnu-g++ --sysroot=/sysroot -isystem/sysroot/usr/include/y -o x.o -c ../src/s/x.cpp"
                    .to_owned(),
                format!(
                    "aarch64-linux-gnu-g++ --sysroot=/sysroot -o src/s/w.cpython-314-aarch64-linux-gnu.so {folder}/w.c.o x.o \
                     -shared -L/sysroot/usr/lib/aarch64-linux-gnu -Wl,-rpath,/usr/lib/aarch64-linux-gnu/blas \
                     /sysroot/usr/lib/aarch64-linux-gnu/libgmp.so -lm"
                ),
            ]
        );
    }
}
