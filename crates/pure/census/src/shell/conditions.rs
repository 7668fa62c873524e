use super::value::{Status, Value};

/// Longer conditions are not in maintainer scripts.
const MAX_ARGUMENTS: usize = 60;

/// Evaluates the arguments of `test` (POSIX, with the `-a` and `-o` of old scripts).
///
/// # Errors
/// An expression that is not of a known form.
pub(super) fn test(arguments: &[Value]) -> Result<Status, String> {
    if arguments.len() > MAX_ARGUMENTS {
        return Err("a condition that is too long".to_owned());
    }
    let text = |index: usize| arguments.get(index).and_then(Option::as_deref);
    if arguments.len() > 4 || (arguments.len() == 4 && text(0) != Some("!")) {
        for (joint, any) in [("-o", true), ("-a", false)] {
            if let Some(at) = arguments.iter().position(|argument| argument.as_deref() == Some(joint)) {
                let (left, right) = (test(&arguments[..at])?, test(&arguments[at + 1..])?);
                let decisive = Status::from(any);
                return Ok(match (left, right) {
                    (left, right) if left == decisive || right == decisive => decisive,
                    (Status::Either, _) | (_, Status::Either) => Status::Either,
                    _ => decisive.not(),
                });
            }
        }
    }
    match arguments {
        [] => Ok(Status::Failure),
        [one] => Ok(one.as_ref().map_or(Status::Either, |one| Status::from(!one.is_empty()))),
        [Some(not), rest @ ..] if not == "!" => Ok(test(rest)?.not()),
        [Some(operator), operand] => unary(operator, operand.as_deref()),
        [left, Some(operator), right] => binary(left.as_deref(), operator, right.as_deref()),
        _ => Err("a condition of an unknown form".to_owned()),
    }
}

fn unary(operator: &str, operand: Option<&str>) -> Result<Status, String> {
    match operator {
        "-n" => Ok(operand.map_or(Status::Either, |text| Status::from(!text.is_empty()))),
        "-z" => Ok(operand.map_or(Status::Either, |text| Status::from(text.is_empty()))),
        "-b" | "-c" | "-d" | "-e" | "-f" | "-h" | "-L" | "-p" | "-r" | "-s" | "-S" | "-w" | "-x" => {
            Ok(match operand {
                // No init runs while an image is built.
                Some("/run/systemd/system") => Status::Failure,
                _ => Status::Either,
            })
        }
        _ => Err(format!("the condition `{operator}`")),
    }
}

fn binary(left: Option<&str>, operator: &str, right: Option<&str>) -> Result<Status, String> {
    let number = |text: &str| text.parse::<i64>().map_err(|_| format!("`{text}` is not a number"));
    let known = left.zip(right);
    Ok(match (operator, known) {
        ("=" | "==" | "!=" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge", None) => Status::Either,
        ("=" | "==", Some((left, right))) => Status::from(left == right),
        ("!=", Some((left, right))) => Status::from(left != right),
        ("-eq", Some((left, right))) => Status::from(number(left)? == number(right)?),
        ("-ne", Some((left, right))) => Status::from(number(left)? != number(right)?),
        ("-lt", Some((left, right))) => Status::from(number(left)? < number(right)?),
        ("-le", Some((left, right))) => Status::from(number(left)? <= number(right)?),
        ("-gt", Some((left, right))) => Status::from(number(left)? > number(right)?),
        ("-ge", Some((left, right))) => Status::from(number(left)? >= number(right)?),
        _ => return Err(format!("the condition `{operator}`")),
    })
}

/// Whether unquoted text may match names.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

/// Matches text with a `case` pattern: characters, each with whether it may be a wildcard.
pub(super) fn matches(pattern: &[(char, bool)], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut next) = (0, 0);
    // Where the last `*` stood, and where the text began that it has not swallowed yet.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(next) {
            Some(('*', true)) => {
                star = Some((next, at));
                next += 1;
            }
            Some((expected, wild)) if *expected == text[at] || (*wild && *expected == '?') => {
                at += 1;
                next += 1;
            }
            _ => match star {
                Some((place, swallowed)) => {
                    star = Some((place, swallowed + 1));
                    at = swallowed + 1;
                    next = place + 1;
                }
                None => return false,
            },
        }
    }
    pattern[next..].iter().all(|shape| *shape == ('*', true))
}
