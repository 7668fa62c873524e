//! What is asked of the Hub, and what its answers lead to.

mod server;

use sage_oci_credentials::Secret;
use sage_oci_hint::Hint as _;
use sage_oci_hub::{Described, GitHub, Hub, HubError, github_token};
use server::{Answer, Request, Server};
use std::time::Duration;

const LOGIN: &str = "POST /v2/auth/token";
const READ: &str = "GET /v2/repositories/sagemath/sagemath/";
const WRITE: &str = "PATCH /v2/repositories/sagemath/sagemath/";

/// What no error may hold.
const MARK: &str = "geheim";

fn ok(body: &str) -> Answer {
    (200, String::new(), body.to_owned())
}

fn status(code: u16, headers: &str) -> Answer {
    (code, headers.to_owned(), format!("{{\"detail\": \"{MARK}\"}}"))
}

/// A Hub that shows these pages, one after the other and then the last one for ever, where `other` has no answer of its own.
fn hub(pages: &'static [&'static str], other: impl Fn(&Request) -> Option<Answer> + Send + 'static) -> Server {
    Server::start(move |request, before| {
        other(request).unwrap_or_else(|| match request.line.as_str() {
            LOGIN => ok(&format!("{{\"access_token\": \"{MARK}-token\"}}")),
            READ => ok(pages[before.min(pages.len() - 1)]),
            WRITE => ok("{}"),
            _ => status(404, ""),
        })
    })
}

fn describe(server: &Server, page: &str) -> Result<Described, HubError> {
    let hub = Hub::new(&server.address, "sage", &Secret::new(MARK))?.with_pause(Duration::ZERO);
    hub.describe("sagemath", "sagemath", page)
}

/// An error's text, after a look that nothing of it holds the mark.
fn said(server: &Server, error: &HubError) -> String {
    for text in [error.to_string(), format!("{error:?}"), error.hint().unwrap_or_default()] {
        assert!(!text.contains(MARK), "{text}");
    }
    error.to_string().replace(server.address.strip_prefix("http://").unwrap(), "HOST")
}

#[test]
fn a_page_is_written_and_read_back() {
    let server = hub(&[r#"{"full_description": null}"#, r#"{"full_description": "new\npage"}"#], |_| None);
    assert_eq!(describe(&server, "new\npage\n").unwrap(), Described::Changed);
    let request = |line: &str, authorization: &str, body: &str| Request {
        line: line.to_owned(),
        authorization: authorization.to_owned(),
        body: body.to_owned(),
    };
    let bearer = "Bearer geheim-token";
    assert_eq!(
        server.seen(),
        [
            request(LOGIN, "", r#"{"identifier":"sage","secret":"geheim"}"#),
            request(READ, bearer, ""),
            request(WRITE, bearer, r#"{"full_description":"new\npage\n"}"#),
            request(READ, bearer, ""),
        ]
    );
}

#[test]
fn a_page_that_is_there_is_not_written() {
    let server = hub(&[r#"{"full_description": "the\r\npage"}"#], |_| None);
    assert_eq!(describe(&server, "the\npage\n").unwrap(), Described::Same);
    assert_eq!(server.lines(), [LOGIN, READ]);
}

#[test]
fn a_page_may_come_late_and_must_come() {
    const OLD: &str = r#"{"full_description": "old"}"#;
    let server = hub(&[OLD, OLD, OLD, r#"{"full_description": "new"}"#], |_| None);
    assert_eq!(describe(&server, "new").unwrap(), Described::Changed);
    let server = hub(&[OLD], |_| None);
    let error = describe(&server, "new").unwrap_err();
    assert_eq!(said(&server, &error), "HOST took the page of `sagemath/sagemath`, and shows another text");
    assert_eq!(server.lines(), [LOGIN, READ, WRITE, READ, READ, READ]);
    assert!(error.should_retry());
}

#[test]
fn refusals_are_told_with_what_to_do_and_without_the_answer() {
    for (line, code, headers, expected, hint, retry) in [
        (
            LOGIN,
            401,
            "",
            "cannot log in at Docker Hub: HOST answered with status 401 (the name or the password is wrong)",
            "access token of the Hub",
            false,
        ),
        (
            WRITE,
            403,
            "",
            "cannot write the page: HOST answered with status 403 (not allowed)",
            "may edit the repository",
            false,
        ),
        (
            READ,
            404,
            "",
            "cannot read the page: HOST answered with status 404 (there is no such repository, or it is not for this user)",
            "make the repository on the Hub first",
            false,
        ),
        (
            LOGIN,
            429,
            "Retry-After: 7\r\n",
            "cannot log in at Docker Hub: HOST answered with status 429 (too many requests)",
            "try again after 7 s",
            true,
        ),
        (
            WRITE,
            429,
            "X-Retry-After: 1000\r\n",
            "cannot write the page: HOST answered with status 429 (too many requests)",
            "try again after 0 s",
            true,
        ),
        (WRITE, 503, "", "cannot write the page: HOST answered with status 503 (the server's fault)", "", true),
    ] {
        let server = hub(&["{\"full_description\": \"\"}"], move |request| {
            (request.line == line).then(|| status(code, headers))
        });
        let error = describe(&server, "new").unwrap_err();
        assert_eq!(said(&server, &error), expected);
        assert!(error.hint().unwrap_or_default().contains(hint), "{:?}", error.hint());
        assert_eq!(error.should_retry(), retry, "{expected}");
    }
}

#[test]
fn an_answer_without_what_it_should_have_is_told() {
    for (line, body, expected) in [
        (LOGIN, "geheim", "cannot log in at Docker Hub: the answer of HOST has no `access_token`"),
        (LOGIN, "{\"access_token\": \"\"}", "cannot log in at Docker Hub: the answer of HOST has no `access_token`"),
        (READ, "{\"full_description\": 7}", "cannot read the page: the answer of HOST has no `full_description`"),
        (READ, "[\"geheim\"]", "cannot read the page: the answer of HOST has no `full_description`"),
    ] {
        let server = hub(&[""], move |request| (request.line == line).then(|| ok(body)));
        let error = describe(&server, "new").unwrap_err();
        assert_eq!(said(&server, &error), expected);
    }
}

#[test]
fn nothing_follows_a_redirect() {
    for line in [LOGIN, READ, WRITE] {
        for code in [301, 302, 303, 307, 308] {
            let other = Server::start(|_, _| ok("{}"));
            let location = format!("Location: {}/x\r\n", other.address);
            let server = hub(&["{\"full_description\": \"\"}"], move |request| {
                (request.line == line).then(|| status(code, &location))
            });
            let error = describe(&server, "new").unwrap_err();
            assert!(said(&server, &error).ends_with(&format!("status {code} (a redirect, which no password follows)")));
            assert_eq!(other.seen(), []);
        }
    }
}

#[test]
fn nobody_there_and_no_tls_are_told() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hub = |address: &str| Hub::new(address, "sage", &Secret::new(MARK)).err().unwrap();
    let error = hub(&format!("http://{address}"));
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("cannot log in at Docker Hub: {address}: ")) && text.contains("refused"),
        "{text}"
    );
    assert!(error.should_retry() && error.hint().unwrap().contains("dockerstatus"));
    let error = hub("http://hub.docker.com");
    assert!(error.to_string().contains("no address for a password") && !error.should_retry(), "{error}");
    let error = hub("https://127.0.0.1:1").to_string();
    assert!(!error.contains(MARK), "{error}");
}

#[test]
fn a_password_that_json_must_quote_arrives() {
    let server = hub(&[""], |_| None);
    Hub::new(&server.address, "a\"b", &Secret::new("c\\\"\n")).map(drop).unwrap();
    assert_eq!(server.seen()[0].body, r#"{"identifier":"a\"b","secret":"c\\\"\n"}"#);
}

const ASK: &str = "GET /token?api-version=2.0&audience=https%3A%2F%2Fidentity.docker.com";
const EXCHANGE: &str = "POST /oauth/token";

fn exchange(other: impl Fn(&Request) -> Option<Answer> + Send + 'static) -> (Server, Result<Secret, HubError>) {
    let server = Server::start(move |request, _| {
        other(request).unwrap_or_else(|| match request.line.as_str() {
            ASK => ok("{\"count\": 1, \"value\": \"geheim&id\"}"),
            EXCHANGE => ok("{\"access_token\": \"geheim-hub\"}"),
            _ => status(404, ""),
        })
    });
    let github = GitHub { url: format!("{}/token?api-version=2.0", server.address), token: Secret::new("geheim-job") };
    let result = github_token(&github, &server.address, "a-connection");
    (server, result)
}

#[test]
fn githubs_token_is_exchanged() {
    let (server, token) = exchange(|_| None);
    assert_eq!(token.unwrap(), Secret::new("geheim-hub"));
    let seen = server.seen();
    assert_eq!(server.lines(), [ASK, EXCHANGE]);
    assert_eq!(seen[0].authorization, "Bearer geheim-job");
    assert_eq!(seen[1].authorization, "");
    assert_eq!(
        seen[1].body,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&\
         subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token&\
         subject_token=geheim%26id&connection_id=a-connection&expires_in=300"
    );
}

#[test]
fn an_exchange_that_fails_is_told() {
    let (server, result) = exchange(|request| (request.line == EXCHANGE).then(|| status(401, "")));
    let error = result.unwrap_err();
    let text = "cannot exchange GitHub's token for one of Docker's: HOST answered with status 401 (the name or the password is wrong)";
    assert_eq!(said(&server, &error), text);
    assert!(error.hint().unwrap().contains("OIDC connection"));
    let (server, result) = exchange(|request| (request.line == ASK).then(|| ok("{}")));
    assert_eq!(
        said(&server, &result.unwrap_err()),
        "cannot get a token from GitHub: the answer of HOST has no `value`"
    );
    let other = Server::start(|_, _| ok("{}"));
    let location = format!("Location: {}/x\r\n", other.address);
    let (_, result) = exchange(move |request| (request.line == ASK).then(|| status(302, &location)));
    assert!(result.is_err());
    assert_eq!(other.seen(), []);
}
