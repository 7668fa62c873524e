use super::*;
use sage_oci_effects::{Document, Slave};

fn configure(body: &str) -> Result<Vec<Effect>, String> {
    follow(&format!("#!/bin/sh\nset -e\n{body}"), &[Some("configure"), Some("")])
}

fn bytecode(directories: &[&str]) -> Effect {
    Effect::Bytecode { directories: directories.iter().map(|text| (*text).to_owned()).collect() }
}

fn alternative(name: &str, link: &str, path: &str, priority: i32, slaves: Vec<Slave>) -> Effect {
    Effect::Alternative { name: name.into(), link: link.into(), path: path.into(), priority, slaves }
}

/// Text in which nothing happens on a first installation.
#[track_caller]
fn nothing(body: &str) {
    assert_eq!(configure(body), Ok(Vec::new()), "{body}");
}

/// Text that must be refused, and a part of the reason.
#[track_caller]
fn refused(body: &str, why: &str) {
    let error = configure(body).expect_err(body);
    assert!(error.contains(why), "{error}");
}

const PYTHON: &str = "# Automatically added by dh_python3
if command -v py3compile >/dev/null 2>&1; then
	py3compile -p python3-demo:amd64 
fi
if command -v pypy3compile >/dev/null 2>&1; then
	pypy3compile -p python3-demo:amd64  || true
fi

# End automatically added section
";

#[test]
fn byte_code() {
    assert_eq!(configure(PYTHON), Ok(vec![bytecode(&[])]));
    let private = "py3compile -p demo /usr/share/demo/ -V 3.8-\n";
    assert_eq!(configure(private), Ok(vec![bytecode(&["/usr/share/demo"])]));
    refused(&PYTHON.replace("\tpy3compile", "\trm -rf /srv\n\tpy3compile"), "line 5: `rm`");
    refused(&PYTHON.replace("|| true", "&& reboot"), "`reboot`");
    for near in
        ["py3compile /usr/lib\n", "py3compile -p x -V 3.8\n", "py3compile -p x -X /tmp\n", "py3compile -p x $Y\n"]
    {
        refused(near, "py3compile");
    }
}

#[test]
fn alternatives() {
    let body = "if [ \"$1\" = \"configure\" ] || [ \"$1\" = \"abort-remove\" ]; then\n\
        update-alternatives --quiet --install /usr/bin/awk awk /usr/bin/mawk 5 \\\n    \
        --slave /usr/bin/nawk nawk /usr/bin/mawk # done\nfi\n";
    let slave = Slave { name: "nawk".into(), link: "/usr/bin/nawk".into(), path: "/usr/bin/mawk".into() };
    let effect = alternative("awk", "/usr/bin/awk", "/usr/bin/mawk", 5, vec![slave]);
    assert_eq!(configure(body), Ok(vec![effect]));
    nothing("update-alternatives --remove awk /usr/bin/mawk\n");
    for near in [
        body.replace("nawk nawk /usr/bin/mawk", "nawk nawk"),
        body.replace("mawk 5", "mawk five"),
        body.replace("awk awk", "awk ../awk"),
        body.replace("/usr/bin/mawk 5", "mawk 5"),
        body.replace("--install", "--set"),
    ] {
        refused(&near, "`update-alternatives`");
    }
    refused("update-alternatives --install /usr/bin/x x $(which y) 5\n", "only a run could tell");
}

#[test]
fn a_loop_and_a_function_spell_out_alternatives() {
    let body = "add () {\n\tlocal kind=$1\n\tupdate-alternatives --install /usr/bin/t t /usr/bin/t-${kind} $2\n\treturn 0\n}\n\
        for KIND in a b; do\n\tcase $KIND in\n\ta) P=10 ;;\n\tb|c) P=20 ;;\n\t*) echo \"none\" >&2 ;;\n\tesac\n\tadd $KIND $P\ndone\n";
    let expected = ["a", "b"].iter().zip([10, 20]);
    let expected = expected.map(|(kind, p)| alternative("t", "/usr/bin/t", &format!("/usr/bin/t-{kind}"), p, vec![]));
    assert_eq!(configure(body), Ok(expected.collect()));
    refused("again () { again; }\nagain\n", "without end");
    refused("for f in /etc/*; do true; done\n", "only a run could tell");
}

#[test]
fn services_need_an_init() {
    nothing(
        "# Automatically added by dh_installsystemd/14.5
if [ \"$1\" = \"configure\" ] || [ \"$1\" = \"abort-upgrade\" ] ; then
	deb-systemd-helper unmask 'demo.timer' >/dev/null || true
	if deb-systemd-helper --quiet was-enabled 'demo.timer'; then
		deb-systemd-helper enable 'demo.timer' >/dev/null || true
	else
		deb-systemd-helper update-state 'demo.timer' >/dev/null || true
	fi
	if [ -z \"$DPKG_ROOT\" ] && [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload >/dev/null || true
		if [ -n \"$2\" ]; then _dh_action=restart; else _dh_action=start; fi
		deb-systemd-invoke $_dh_action 'demo.timer' >/dev/null || true
	fi
	if [ -x \"/etc/init.d/demo\" ]; then
		if [ -n \"$2\" ]; then _dh_action=restart; else _dh_action=start; fi
		update-rc.d demo defaults >/dev/null || exit 1
		invoke-rc.d --skip-systemd-native demo $_dh_action || exit 1
	fi
fi
# End automatically added section
",
    );
    refused("systemctl enable demo\n", "`systemctl`");
    refused("systemd-sysusers demo.conf\n", "`systemd-sysusers`");
    refused("systemd-tmpfiles --create demo.conf || true\n", "`systemd-tmpfiles`");
}

#[test]
fn conffile_moves_concern_upgrades() {
    nothing("dpkg-maintscript-helper rm_conffile /etc/demo 2.10 demo -- \"$@\"\n");
    nothing("dpkg-maintscript-helper dir_to_symlink /usr/share/doc/demo /usr/share/doc/x 1\\~ -- \"$@\"\n");
    refused("dpkg-maintscript-helper rm_conffile /etc/demo\n", "without `--`");
    refused("dpkg-maintscript-helper burn /etc/demo 1 -- \"$@\"\n", "dpkg-maintscript-helper");
}

#[test]
fn caches_and_catalogs() {
    nothing(
        "if [ \"$1\" = \"configure\" ] && [ -x \"`command -v update-menus`\" ]; then\n\tupdate-menus\nfi\n\
        if command -v update-icon-caches >/dev/null; then\n\tupdate-icon-caches /usr/share/icons/x\nfi\n",
    );
    let computed = |document| Ok(vec![Effect::Computed { document }]);
    assert_eq!(configure("ldconfig\nldconfig\n"), computed(Document::LdCache));
    let xml = "update-xmlcatalog --sort --add --type public --id \"-//X//EN\" --package x --root\n";
    assert_eq!(configure(xml), computed(Document::XmlCatalogs));
    refused("update-xmlcatalog --del --package x\n", "`update-xmlcatalog`");
}

#[test]
fn branches_that_do_not_run_only_need_to_be_syntax() {
    nothing(
        "case \"$1\" in
    configure)
	if [ -n \"$2\" ] && dpkg --compare-versions \"$2\" lt 3.1; then
	    for f in /etc/*; do sed -i \"s/(/$(basename \"$f\" | tr a-z A-Z)/\" $f || rm -rf ${f%/*}; done
	fi
	[ -z \"$2\" ] || cat <<EOF > /etc/demo
$(rm -rf /)
EOF
    ;;
    triggered|abort-*) reboot ;;
    *)
        echo \"postinst called with unknown argument \\`$1'\" >&2
        exit 1
    ;;
esac
exit 0
everything after exit
",
    );
}

#[test]
fn an_empty_version_is_compared_as_dpkg_does() {
    for (relation, holds) in [("lt", true), ("ge", false), ("lt-nl", false), ("gt-nl", true), ("eq", false)] {
        let body = format!("if dpkg --compare-versions \"$2\" {relation} 1.0; then reboot; fi\n");
        assert_eq!(configure(&body).is_err(), holds, "{relation}");
    }
    refused("dpkg --compare-versions \"$2\" near 1.0\n", "relation");
}

#[test]
fn what_depends_on_the_machine_is_refused() {
    let why = "depends on the machine";
    refused("if [ -e /etc/demo ]; then ldconfig; fi\n", why);
    refused("[ -e /etc/demo ] && exit 0\nldconfig\n", why);
    refused("command -v nscd && ldconfig\n", why);
    refused("[ \"$(uname)\" = Linux ] || ldconfig\n", why);
    // A variable that differs does no harm until a command uses it.
    nothing("if [ -e /etc/demo ]; then A=1; else A=2; fi\necho $A\n");
    refused("if [ -e /etc/demo ]; then A=1; else A=2; fi\npy3compile -p $A\n", "only a run could tell");
    refused("if [ -e /etc/demo ]; then A=1; else A=2; fi\n$A\n", "a command that only a run could tell");
}

#[test]
fn hostile_words() {
    for (body, why) in [
        ("echo x > /etc/passwd\n", "`>`"),
        ("cat <<EOF >&2\nx\nEOF\n", "`<<`"),
        ("true | tee /etc/passwd\n", "a pipe"),
        ("true & false\n", "a background job"),
        ("(reboot)\n", "a subshell"),
        ("while true; do reboot; done\n", "a loop"),
        ("eval reboot\n", "`eval`"),
        (". /etc/profile\n", "`.`"),
        ("exec reboot\n", "`exec`"),
        ("trap reboot EXIT\n", "`trap`"),
        ("PATH=/tmp\n", "`PATH`"),
        ("LD_PRELOAD=x true\n", "a variable set for one command"),
        ("set -- a b\n", "`set`"),
        ("exit 1\n", "`exit`"),
        ("cat () { reboot; }\necho $(cat /etc/motd)\n", "hides a program"),
        ("echo ${A:-$(reboot)}\n", "command substitution"),
        ("echo $(cat /etc/motd > /etc/issue)\n", "command substitution"),
        ("[ -n \"$(cat /etc/motd; reboot)\" ]\n", "command substitution"),
        ("true `reboot\n", "an open backquote"),
        ("echo \"x\n", "an open quote"),
        ("if true; then true\n", "`fi` is missing"),
        ("fi\n", "`fi`"),
        ("true; }\n", "`}`"),
        ("case $(uname) in Linux) ;; esac\n", "only a run could tell"),
        ("x=$(case a in a) echo b;; esac)\n", "`case` in a substitution"),
    ] {
        refused(body, why);
    }
    // An echo runs the command inside it: text that only a run could tell is not looked into.
    refused("echo $(reboot)\n", "command substitution");
    refused("A=`reboot`\n", "command substitution");
    assert!(follow("#!/usr/bin/perl\n", &[]).unwrap_err().contains("not a shell script"));
    nothing("A=$(cat /etc/motd | head -n1)\nuname | grep -q Linux || true\n");
    assert!(configure(&"{ ".repeat(10_000)).is_err());
    assert!(configure(&"$(".repeat(10_000)).is_err());
    assert!(configure(&"a()".repeat(10_000)).is_err());
    assert!(configure(&format!("[ {}x ]\n", "! ".repeat(10_000))).is_err());
    let doubling: String = (0..25).map(|n| format!("f{n} () {{ f{}; f{}; }}\n", n + 1, n + 1)).collect();
    refused(&format!("f19 () {{ true; }}\n{}f0\n", doubling.replace("f19 ()", "g ()")), "too long");
}

#[test]
fn what_other_commands_obey_stays_as_it_is() {
    for body in [
        "PATH=/tmp\n",
        "for PATH in /tmp; do true; done\n",
        "export PATH=/tmp\n",
        "readonly PATH=/tmp\n",
        "f () { local PATH=/tmp; }\nf\n",
        "f () { local PATH; }\nf\n",
        "unset PATH\n",
        "LD_PRELOAD=/tmp/x\n",
        "PYTHONPATH=/tmp\n",
        "BASH_ENV=/tmp/x\n",
        "_=x\n",
        "DPKG_ROOT=/tmp\n",
        "readonly A=1\nA=2\n",
        "readonly A=1\nunset A\n",
    ] {
        refused(body, "is changed");
    }
    refused("read PATH\n", "`read`");
    refused("getopts x PATH\n", "`getopts`");
    refused("PATH=/tmp true\n", "a variable set for one command");
    refused("local A=1\n", "`local` outside of a function");
    nothing("export PATH\nPYTHON=python3\nDPKG_ROOT=\nreadonly A=1\n");
}

#[test]
fn a_variable_has_the_value_that_the_shell_gives_it() {
    // Each compares text that is known: what differs would run an unknown command.
    for (setting, word, value) in [
        ("A=y; unset A", "${A-x}", "x"),
        ("A=y; unset A", "${A:-x}", "x"),
        ("A=y; unset A", "${A+x}", ""),
        ("A=y; unset A", "$A", ""),
        ("A=", "${A-x}", ""),
        ("A=", "${A:-x}", "x"),
        ("A=", "${A+x}", "x"),
        ("A=", "${A:+x}", ""),
        ("A=y", "${A:+x}", "x"),
        ("f () { local A=in; }; A=out; f", "$A", "out"),
        ("f () { A=in; }; A=out; f", "$A", "in"),
        ("g () { local A=in; }; f () { local A=mid; g; B=$A; }; A=out; f", "$A$B", "outmid"),
        ("f () { local A=1; local A=2; }; A=out; f", "$A", "out"),
        ("unset A; f () { local A=in; }; f", "${A-unset}", "unset"),
        ("true", "${3-x}", "x"),
        ("true", "$1${2:-none}", "configurenone"),
        ("A='a b'", "x${A}y", "xa by"),
    ] {
        nothing(&format!("{setting}\n[ \"{word}\" = \"{value}\" ] || reboot\n"));
        refused(&format!("{setting}\n[ \"{word}\" != \"{value}\" ] || reboot\n"), "`reboot`");
    }
}

proptest::proptest! {
    /// Outside bytes: any mixture of what the reader looks at is an answer or an error, never a panic.
    #[test]
    fn any_text_has_an_answer(pieces in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..60)) {
        let _ = configure(&pieces.concat());
    }
}

const PIECES: [&str; 58] = [
    " ",
    "\n",
    ";",
    ";;",
    "&",
    "&&",
    "||",
    "|",
    "(",
    ")",
    "{ ",
    " }",
    "$",
    "$(",
    "${",
    "}",
    "`",
    "\"",
    "'",
    "\\",
    "#",
    "<<E\n",
    "\nE\n",
    "<<-",
    ">",
    ">&2",
    "2>",
    "=",
    "A=",
    "$1",
    "${A:-",
    "${A+",
    "*",
    "?",
    "[",
    " ]",
    "~",
    "é",
    "!",
    "if ",
    "then ",
    "elif ",
    "else ",
    "fi\n",
    "case x in ",
    "esac\n",
    "for a in ",
    "do ",
    "done\n",
    "f() ",
    "true ",
    "test ",
    "-a ",
    "exit ",
    "local ",
    "echo ",
    "shift\n",
    "return ",
];

#[test]
fn texts_that_double_become_unknown() {
    let double = "a=$a$a\n".repeat(40);
    nothing(&format!("a=xxxxxxxx\n{double}echo $a"));
    assert!(configure(&format!("a=xxxxxxxx\n{double}mkdir /var/lib/$a")).is_err());
}
