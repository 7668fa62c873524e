use data_encoding::BASE64;
use serde_json::{Value, json};

/// A request to a kernel, as JSON text for the WebSocket (Jupyter's messaging protocol, version 5.3).
pub(crate) fn request(id: &str, session: &str, kind: &str, content: Value) -> String {
    json!({
        "channel": "shell",
        "header": {
            "msg_id": id, "session": session, "msg_type": kind,
            "username": "sage-oci", "version": "5.3", "date": "1970-01-01T00:00:00Z",
        },
        "parent_header": {}, "metadata": {}, "content": content, "buffers": [],
    })
    .to_string()
}

/// The content of a request to run code.
pub(crate) fn execute(code: &str) -> Value {
    json!({
        "code": code, "silent": false, "store_history": true, "user_expressions": {},
        // An error, or an interruption, must not abort what is asked next.
        "allow_stdin": false, "stop_on_error": false,
    })
}

/// What a server says of a kernel whose process has ended by itself; servers start such a kernel again.
pub(crate) fn death(message: &Value) -> Option<&str> {
    let state = message["content"]["execution_state"].as_str()?;
    (message["header"]["msg_type"] == "status" && ["restarting", "autorestarting", "dead"].contains(&state))
        .then_some(state)
}

/// What a kernel said on one request so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The reply's status, `ok` or `error`; empty until the reply has come.
    pub status: String,
    /// The error's name, where there is one.
    pub error: Option<String>,
    /// Results and displays as plain text, one after the other.
    pub text: String,
    /// What was printed.
    pub stdout: String,
    /// A picture that was displayed.
    pub png: Option<Vec<u8>>,
    /// Whether the kernel has nothing more to say.
    idle: bool,
}

impl Answer {
    /// Takes a message of the kernel; those on other requests are left alone.
    pub fn take(&mut self, message: &Value, id: &str) {
        if message["parent_header"]["msg_id"] != id {
            return;
        }
        let (kind, content) = (message["header"]["msg_type"].as_str().unwrap_or_default(), &message["content"]);
        match kind {
            "stream" if content["name"] == "stdout" => self.stdout += content["text"].as_str().unwrap_or_default(),
            "execute_result" | "display_data" => self.display(&content["data"]),
            "error" => self.error = content["ename"].as_str().map(str::to_owned),
            "status" => self.idle |= content["execution_state"] == "idle",
            "execute_reply" | "kernel_info_reply" => {
                content["status"].as_str().unwrap_or("ok").clone_into(&mut self.status);
            }
            _ => {}
        }
    }

    fn display(&mut self, data: &Value) {
        if let Some(text) = data["text/plain"].as_str() {
            self.text += text;
        }
        if let Some(text) = data["image/png"].as_str() {
            let text: String = text.split_whitespace().collect();
            self.png = BASE64.decode(text.as_bytes()).ok();
        }
    }

    /// Whether the kernel has replied and says no more.
    pub fn is_complete(&self) -> bool {
        self.idle && !self.status.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: &str, content: Value) -> Value {
        json!({ "header": { "msg_type": kind }, "parent_header": { "msg_id": "1" }, "content": content })
    }

    #[test]
    fn an_answer_comes_in_parts() {
        let mut answer = Answer::default();
        answer.take(&said("status", json!({ "execution_state": "busy" })), "1");
        answer.take(&said("stream", json!({ "name": "stdout", "text": "a" })), "1");
        answer.take(&said("stream", json!({ "name": "stdout", "text": "not mine" })), "2");
        answer.take(&said("execute_result", json!({ "data": { "text/plain": "4" } })), "1");
        answer.take(&said("display_data", json!({ "data": { "image/png": "iVBO\n" } })), "1");
        answer.take(&said("execute_reply", json!({ "status": "ok" })), "1");
        assert!(!answer.is_complete());
        answer.take(&said("status", json!({ "execution_state": "idle" })), "1");
        assert!(answer.is_complete());
        assert_eq!((answer.stdout.as_str(), answer.text.as_str()), ("a", "4"));
        assert_eq!(answer.png.as_deref(), Some(&[0x89, 0x50, 0x4e][..]));
    }

    #[test]
    fn the_death_of_a_kernel_is_told_by_its_state() {
        for (state, death_of) in
            [("restarting", true), ("autorestarting", true), ("dead", true), ("starting", false), ("idle", false)]
        {
            assert_eq!(death(&said("status", json!({ "execution_state": state }))).is_some(), death_of, "{state}");
        }
        assert_eq!(death(&said("stream", json!({ "execution_state": "dead" }))), None);
    }

    #[test]
    fn an_error_is_an_error() {
        let mut answer = Answer::default();
        answer.take(&said("error", json!({ "ename": "ZeroDivisionError" })), "1");
        answer.take(&said("execute_reply", json!({ "status": "error" })), "1");
        assert_eq!((answer.status.as_str(), answer.error.as_deref()), ("error", Some("ZeroDivisionError")));
    }
}
