//! Definitions and locks that are wrong: the error names file and line.

use crate::world::World;

/// What the error says, with the world's own names taken out.
fn plain(world: &World, text: &str) -> String {
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
