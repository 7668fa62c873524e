//! Definitions and locks that are wrong: the error names file and line.

use crate::world::World;
use sage_oci_fake_mirror::{Fault, When};

/// What the error says, with the world's own names taken out.
fn plain(world: &World, text: &str) -> String {
    let text = text.replace(&world.mirror.url(), "MIRROR");
    text.replace(&world.project().display().to_string(), "PROJECT").replace(&world.image, "IMAGE")
}

#[track_caller]
fn refusal(world: &World, arguments: &[&str]) -> String {
    let said = world.run(arguments);
    said.refused(&[]);
    plain(world, &said.stderr)
}

#[test]
fn definitions_name_their_lines() {
    let world = World::new("definition", 1000).locked();
    let (image, channel) = (world.definition(), world.channel());
    for (file, text, place, word) in [
        ("images/tiny.toml", image.replace("licenses", "licences"), "nix/images/tiny.toml:6: ", "licences"),
        ("images/tiny.toml", image.replace("\"app\",\n]", "\"App\",\n]"), "nix/images/tiny.toml:14: ", "App"),
        ("images/tiny.toml", image.replace("[user]", "[user"), "nix/images/tiny.toml:17: ", "]"),
        ("images/tiny.toml", image.replace("id = 1000", "id = \"me\""), "nix/images/tiny.toml:19: ", "string"),
        ("images/tiny.toml", image.replace("zstd", "lzma"), "nix/images/tiny.toml:10: ", "zstd"),
        ("images/tiny.toml", image.replace("= \"tiny\"", "= \"tine\""), "nix/images/tiny.toml:8: ", "tine"),
        ("images/tiny.toml", format!("{image}[channels.trixie]\n"), "nix/images/tiny.toml:28: ", "trixie"),
        ("images/tiny.toml", image.replace("format = 1", "format = 2"), "nix/images/tiny.toml", "format 2"),
        ("channels/tiny.toml", channel.replace("keys", "kees"), "nix/channels/tiny.toml:5: ", "kees"),
        ("channels/tiny.toml", channel.replace("\"test\"", ""), "nix/channels/tiny.toml:5: ", "keys"),
        (
            "channels/tiny.toml",
            channel.replace("suites = [", "suites = [{ suite = \"tiny\", components = [\"main\"] },\n"),
            "nix/channels/tiny.toml:7: ",
            "the suite `tiny` is there twice",
        ),
    ] {
        world.write(file, &text);
        for verb in ["build", "lock"] {
            let arguments: &[&str] = if verb == "build" { &["build", &world.image] } else { &["lock"] };
            let said = refusal(&world, arguments);
            assert!(said.contains(place) && said.contains(word), "{verb}, {place}: {said}");
        }
        world.write("images/tiny.toml", &image);
        world.write("channels/tiny.toml", &channel);
    }
}

#[test]
fn locks_that_are_damaged() {
    let world = World::new("damaged", 1000).locked();
    let good = sage_oci_files::read_to_string(world.lock_path()).unwrap();
    let half = &good[..good.len() / 2];
    for (text, word, hint) in [
        (good.replacen("\"format\": 2", "\"format\": 7", 1), "format 7", "update sage-oci"),
        (half.to_owned(), "is not valid", "restore the committed file"),
        (
            good.replacen("\"layer\":\"app\"", "\"layer\":\"other\"", 1),
            "contradicts itself",
            "restore the committed file",
        ),
        (good.replacen("\"epoch\"", "\"epok\"", 1), "epok", "restore the committed file"),
        (String::new(), "is not valid", "restore the committed file"),
    ] {
        sage_oci_files::write_atomic(world.lock_path(), text.as_bytes()).unwrap();
        let said = world.on_image("build", &[]);
        said.refused_with_hint(&["nix/locks/tiny.json: ", word], hint);
        // A lock that cannot be used is not overwritten behind its owner's back either.
        if world.run(&["lock"]).status != Some(0) {
            assert_eq!(sage_oci_files::read_to_string(world.lock_path()).unwrap(), text);
        }
    }
}

#[test]
fn lists_of_checks_and_judgements() {
    let world = World::new("lists", 1000).locked();
    let checks = format!("images/checks/{}.toml", world.image);
    world.write(&checks, "version = 1\n[[check]]\nname = \"a\"\ncommand = []\nstdot = { exact = \"x\" }\n");
    let said = refusal(&world, &["smoke", &world.image]);
    assert!(said.contains("checks/IMAGE.toml: ") && said.contains("line 5") && said.contains("stdot"), "{said}");
    world.write("census/new.toml", "[[script]]\npackage = \"app\"\nskript = \"postinst\"\n");
    let said = refusal(&world, &["lock"]);
    assert!(said.contains("nix/census/new.toml") && said.contains('3') && said.contains("skript"), "{said}");
}

/// The words of the errors that users meet most, as a whole.
#[test]
fn words() {
    let world = World::new("words", 1000);
    let say = |arguments: &[&str]| refusal(&world, arguments);
    insta::assert_snapshot!(say(&["build", "tin"]), @"error: there is no image `tin`; there are `IMAGE`");
    insta::assert_snapshot!(say(&["build", &world.image, "--channel", "sid"]), @r"
    error: image `IMAGE` has no channel `sid`; it has `tiny`
    hint: try `--channel tiny`
    ");
    insta::assert_snapshot!(say(&["build", &world.image]), @r"
    error: channel `tiny` has no lock: PROJECT/nix/locks/tiny.json is not there
    hint: write it with `sage-oci lock --channel tiny`
    ");
    world.write("channels/tiny.toml", &world.channel().replace("\"test\"", "\"lost\""));
    insta::assert_snapshot!(say(&["lock", "--quiet"]), @r"
    error: nix/channels/tiny.toml:5: suite `tiny` trusts the key `lost`, and PROJECT/nix/keys/lost.asc is not there
    hint: put the armoured public key there, or correct `keys` in the channel's definition
    ");
    world.write("channels/tiny.toml", &world.channel());
    world.write("images/tiny.toml", &world.definition().replace("licenses", "licences"));
    insta::assert_snapshot!(say(&["lock", "--quiet"]), @"error: nix/images/tiny.toml:6: unknown field `licences`, expected one of `format`, `name`, `title`, `description`, `url`, `repository`, `licenses`, `version-of`, `default-channel`, `payload`, `packages`, `user`, `config`, `files`, `sources`, `wheels`, `channels`, `variants`, `compression`, `exclude`, `include`");
    world.write("images/tiny.toml", &world.definition().replace("  \"app\",\n", "  \"ap\",\n"));
    insta::assert_snapshot!(say(&["lock", "--quiet"]), @r"
    error: nix/images/tiny.toml:14: image `IMAGE`: there is no package `ap` in the index
    hint: did you mean `app`?
    ");
    world.write("images/tiny.toml", &world.definition());
    world.mirror.on("*/InRelease", When::Always, Fault::Status(404));
    insta::assert_snapshot!(say(&["lock", "--quiet"]), @r"
    error: no mirror of suite `tiny` gives its signed index: cannot fetch `dists/tiny/InRelease`:
      MIRROR/dists/tiny/InRelease: status 404 (not found)
    hint: look at the mirrors and suites in the channel's definition, and at the network
    ");
    world.mirror.behave();
    world.spoil("dists/tiny/InRelease", |bytes| bytes[200] ^= 1);
    insta::assert_snapshot!(say(&["lock", "--quiet"]), @r"
    error: the signed index `MIRROR/dists/tiny/InRelease` cannot be believed: BAD signature by Worthless Test Key (anyone has it) <nobody@example.org> (F5B367ACE7188D9D08F556BC4B570A3E531770AD): the text or the signature was changed
    hint: the mirror or something on the way changed the file: try another mirror, and do not use what this one sent
    ");
    world.spoil("dists/tiny/InRelease", |bytes| bytes[200] ^= 1);
    let world = world.locked();
    insta::assert_snapshot!(refusal(&world, &["load", "--tag", "A b", &world.image]), @"error: `A b` is no image reference: its repository `A b` has upper-case letters");
    insta::assert_snapshot!(refusal(&world, &["smoke", "--only", "nothing", &world.image]), @r"
    error: no check has `nothing` in its name or its group's
    hint: its checks stand in no groups; the table that `smoke` prints has their names
    ");
}
