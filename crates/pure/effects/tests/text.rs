//! Effects as locks hold them: one text for each kind, nothing unknown taken, modes in octal.

use sage_oci_effects::{Effect, Mode, OwnedEffect};

/// Every kind, once with all that can be said and once with as little as possible.
const KINDS: &[&str] = &[
    r#"{"kind":"alternative","name":"editor","link":"/usr/bin/editor","path":"/bin/nano","priority":40,"slaves":[{"name":"editor.1.gz","link":"/usr/share/man/man1/editor.1.gz","path":"/usr/share/man/man1/nano.1.gz"}]}"#,
    r#"{"kind":"alternative","name":"pager","link":"/usr/bin/pager","path":"/bin/more","priority":-5}"#,
    r#"{"kind":"group","name":"ssl-cert","gid":101,"members":["me"]}"#,
    r#"{"kind":"group","name":"crontab","gid":102}"#,
    r#"{"kind":"user","name":"_apt","uid":42,"gid":65534,"gecos":"APT","home":"/nonexistent","shell":"/usr/sbin/nologin"}"#,
    r#"{"kind":"user","name":"_apt","uid":42,"gid":65534,"home":"/nonexistent","shell":"/usr/sbin/nologin"}"#,
    r#"{"kind":"directory","path":"/var/lib/x","mode":"1777","owner":"man","group":"mail"}"#,
    r#"{"kind":"directory","path":"/var/lib/x","mode":"0755"}"#,
    r#"{"kind":"symlink","path":"/etc/localtime","target":"../usr/share/zoneinfo/Etc/UTC"}"#,
    r#"{"kind":"file","path":"/etc/x","mode":"0640","group":"shadow","content":"a\nb\n"}"#,
    r#"{"kind":"file","path":"/etc/x","mode":"0644","content":""}"#,
    r#"{"kind":"copy","from":"/usr/share/x","to":"/etc/x","mode":"0600","owner":"me"}"#,
    r#"{"kind":"metadata","path":"/usr/bin/x","mode":"2755","group":"mail"}"#,
    r#"{"kind":"diversion","from":"/bin/a","to":"/bin/a.distrib","local":true}"#,
    r#"{"kind":"diversion","from":"/bin/a","to":"/bin/a.distrib"}"#,
    r#"{"kind":"bytecode","directories":["/usr/share/x"]}"#,
    r#"{"kind":"bytecode"}"#,
    r#"{"kind":"shell","path":"/bin/dash"}"#,
    r#"{"kind":"computed","document":"ld-cache"}"#,
    r#"{"kind":"computed","document":"ca-certificates"}"#,
    r#"{"kind":"computed","document":"pam-profiles"}"#,
    r#"{"kind":"computed","document":"xml-catalogs"}"#,
];

/// Locks are compared and committed as text: an effect that reads back as another text would change every lock.
#[test]
fn every_kind_has_one_text() {
    for text in KINDS {
        let effect: Effect = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(serde_json::to_string(&effect).unwrap(), *text);
    }
}

#[test]
fn every_kind_is_in_the_table() {
    let kinds: std::collections::BTreeSet<&str> =
        KINDS.iter().map(|text| text.split('"').nth(3).unwrap_or_default()).collect();
    // Complete by the compiler's word: a new kind does not fit this without a branch of its own.
    let name = |effect: &Effect| match effect {
        Effect::Alternative { .. } => "alternative",
        Effect::Group { .. } => "group",
        Effect::User { .. } => "user",
        Effect::Directory { .. } => "directory",
        Effect::Symlink { .. } => "symlink",
        Effect::File { .. } => "file",
        Effect::Copy { .. } => "copy",
        Effect::Metadata { .. } => "metadata",
        Effect::Diversion { .. } => "diversion",
        Effect::Bytecode { .. } => "bytecode",
        Effect::Shell { .. } => "shell",
        Effect::Computed { .. } => "computed",
    };
    assert_eq!(kinds.len(), 12);
    for text in KINDS {
        let effect = serde_json::from_str(text).unwrap();
        assert!(text.contains(&format!("{{\"kind\":\"{}\"", name(&effect))), "{text}");
    }
}

#[test]
fn what_is_said_by_default_is_left_out() {
    for (long, short) in [
        (
            r#"{"kind":"directory","path":"/x","mode":"755","owner":"root","group":"root"}"#,
            r#"{"kind":"directory","path":"/x","mode":"0755"}"#,
        ),
        (r#"{"kind":"group","name":"a","gid":1,"members":[]}"#, r#"{"kind":"group","name":"a","gid":1}"#),
        (
            r#"{"kind":"diversion","from":"/a","to":"/b","local":false}"#,
            r#"{"kind":"diversion","from":"/a","to":"/b"}"#,
        ),
        (r#"{"directories":[],"kind":"bytecode"}"#, r#"{"kind":"bytecode"}"#),
    ] {
        let effect: Effect = serde_json::from_str(long).unwrap();
        assert_eq!(serde_json::to_string(&effect).unwrap(), short);
        assert_eq!(serde_json::from_str::<Effect>(short).unwrap(), effect);
    }
}

#[test]
fn a_key_that_nobody_reads_is_refused_in_every_kind() {
    for text in KINDS {
        let spoiled = text.replacen("{\"kind\"", "{\"moon\":1,\"kind\"", 1);
        let error = serde_json::from_str::<Effect>(&spoiled).expect_err(text).to_string();
        assert!(error.contains("unknown field `moon`"), "{text}: {error}");
    }
}

#[test]
fn a_key_that_is_needed_is_missed() {
    for (text, missing) in [
        (r#"{"kind":"alternative","name":"a","link":"/a","path":"/b"}"#, "priority"),
        (r#"{"kind":"group","name":"a"}"#, "gid"),
        (r#"{"kind":"user","name":"a","uid":1,"gid":1,"home":"/"}"#, "shell"),
        (r#"{"kind":"directory","path":"/a"}"#, "mode"),
        (r#"{"kind":"symlink","path":"/a"}"#, "target"),
        (r#"{"kind":"file","path":"/a","mode":"0644"}"#, "content"),
        (r#"{"kind":"copy","from":"/a","mode":"0644"}"#, "to"),
        (r#"{"kind":"metadata","mode":"0644"}"#, "path"),
        (r#"{"kind":"diversion","from":"/a"}"#, "to"),
        (r#"{"kind":"shell"}"#, "path"),
        (r#"{"kind":"computed"}"#, "document"),
        (r#"{"path":"/bin/sh"}"#, "kind"),
    ] {
        let error = serde_json::from_str::<Effect>(text).expect_err(text).to_string();
        assert!(error.starts_with(&format!("missing field `{missing}`")), "{text}: {error}");
    }
    let error = serde_json::from_str::<Effect>(r#"{"kind":"reboot"}"#).unwrap_err().to_string();
    assert!(error.starts_with("unknown variant `reboot`, expected one of `alternative`, `group`"), "{error}");
    let error = serde_json::from_str::<Effect>(r#"{"kind":"computed","document":"mime"}"#).unwrap_err().to_string();
    assert!(error.contains("`ld-cache`, `ca-certificates`, `pam-profiles`, `xml-catalogs`"), "{error}");
}

#[test]
fn an_owned_effect_begins_with_its_package() {
    for text in KINDS {
        let owned = text.replacen('{', "{\"package\":\"dash\",", 1);
        let effect: OwnedEffect = serde_json::from_str(&owned).unwrap_or_else(|error| panic!("{owned}: {error}"));
        assert_eq!(effect.package.as_str(), "dash");
        assert_eq!(serde_json::to_string(&effect).unwrap(), owned);
    }
    let error = serde_json::from_str::<OwnedEffect>(r#"{"package":"Dash","kind":"bytecode"}"#).unwrap_err().to_string();
    assert!(error.contains("`Dash` is not a valid package name"), "{error}");
}

#[test]
fn modes_are_octal_text() {
    for (text, bits, written) in [
        ("755", 0o755, "0755"),
        ("0755", 0o755, "0755"),
        ("00755", 0o755, "0755"),
        ("4755", 0o4755, "4755"),
        ("07777", 0o7777, "7777"),
        ("000", 0, "0000"),
    ] {
        let mode = Mode::try_from(text.to_owned()).unwrap();
        assert_eq!((mode.bits(), String::from(mode).as_str()), (bits, written), "{text}");
    }
    for text in ["", "0", "75", "8", "0789", "0o755", "10000", "77777", "000755", "u+x", "-755", "+755", " 755", "rwx"]
    {
        assert_eq!(
            Mode::try_from(text.to_owned()).expect_err(text),
            format!("`{text}` is not a mode: write permission bits in octal, as `0755`")
        );
    }
    assert_eq!(Mode::new(0o100_755).bits(), 0o755, "the bits of the file type are no permission bits");
}
