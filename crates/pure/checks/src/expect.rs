/// What a check must answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// The exit status.
    pub exit: i64,
    /// What standard output must be.
    pub stdout: Option<Matcher>,
    /// A file that must be there afterwards.
    pub file: Option<FileExpect>,
}

/// What a text must be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matcher {
    /// This text, white space at both ends apart.
    Exact(String),
    /// All of these, anywhere.
    Contains(Vec<String>),
}

/// What a file must be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileExpect {
    /// Its path in the container, not on a tmpfs.
    pub path: String,
    /// The bytes it begins with.
    #[serde(default)]
    pub magic: Vec<u8>,
    /// How many bytes it has at least.
    #[serde(default)]
    pub min_bytes: u64,
}

/// What a command answered.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its exit status.
    pub exit: i64,
    /// Its standard output.
    pub stdout: &'a str,
    /// The file of [`FileExpect::path`], if it is there.
    pub file: Option<&'a [u8]>,
}

impl Expect {
    /// Decides over an answer; says what differs first.
    pub fn judge(&self, answer: &Answer<'_>) -> Result<(), String> {
        if answer.exit != self.exit {
            return Err(format!("exit status {}, expected {}", answer.exit, self.exit));
        }
        if let Some(matcher) = &self.stdout {
            matcher.judge(answer.stdout)?;
        }
        self.file.as_ref().map_or(Ok(()), |file| file.judge(answer.file))
    }
}

impl Matcher {
    /// Whether every text fits, so that what is held against it cannot fail.
    pub(crate) fn takes_anything(&self) -> bool {
        matches!(self, Self::Contains(parts) if parts.iter().all(String::is_empty))
    }

    pub(crate) fn texts_mut(&mut self) -> &mut [String] {
        match self {
            Self::Exact(text) => std::slice::from_mut(text),
            Self::Contains(texts) => texts,
        }
    }

    /// Decides over a text; says what differs.
    pub fn judge(&self, text: &str) -> Result<(), String> {
        match self {
            Self::Exact(wanted) if text.trim() != wanted.trim() => {
                Err(format!("it printed {}, expected {}", short(text), short(wanted)))
            }
            Self::Contains(parts) => match parts.iter().find(|part| !text.contains(*part)) {
                Some(part) => Err(format!("it printed {}, in which {} is missing", short(text), short(part))),
                None => Ok(()),
            },
            Self::Exact(_) => Ok(()),
        }
    }
}

impl FileExpect {
    fn judge(&self, file: Option<&[u8]>) -> Result<(), String> {
        let Some(bytes) = file else {
            return Err(format!("it left no file {}", self.path));
        };
        if !bytes.starts_with(&self.magic) {
            return Err(format!("{} begins with other bytes than expected", self.path));
        }
        if (bytes.len() as u64) < self.min_bytes {
            return Err(format!("{} has {} bytes, expected at least {}", self.path, bytes.len(), self.min_bytes));
        }
        Ok(())
    }
}

/// A text in quotes on one line, cut where it is long.
fn short(text: &str) -> String {
    const MOST: usize = 120;
    let text = text.trim();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stdout: &str) -> Answer<'_> {
        Answer { exit: 0, stdout, file: None }
    }

    #[test]
    fn output() {
        let exact = Expect { stdout: Some(Matcher::Exact("2".to_owned())), ..Expect::default() };
        exact.judge(&answer("2\n")).unwrap();
        assert_eq!(exact.judge(&answer("22")).unwrap_err(), r#"it printed "22", expected "2""#);
        let parts = vec!["a".to_owned(), "b".to_owned()];
        let contains = Expect { stdout: Some(Matcher::Contains(parts)), ..Expect::default() };
        contains.judge(&answer("b a")).unwrap();
        assert_eq!(contains.judge(&answer("a")).unwrap_err(), r#"it printed "a", in which "b" is missing"#);
    }

    #[test]
    fn exit_comes_first() {
        let failed = Answer { exit: 1, ..answer("2") };
        assert_eq!(Expect::default().judge(&failed).unwrap_err(), "exit status 1, expected 0");
    }

    #[test]
    fn files() {
        let file = FileExpect { path: "/p".to_owned(), magic: vec![1, 2], min_bytes: 3 };
        let expect = Expect { file: Some(file), ..Expect::default() };
        let with = |bytes| expect.judge(&Answer { file: bytes, ..answer("") });
        assert!(with(None).unwrap_err().contains("no file /p"));
        assert!(with(Some(&[9, 9, 9])).unwrap_err().contains("other bytes"));
        assert!(with(Some(&[1, 2])).unwrap_err().contains("2 bytes"));
        with(Some(&[1, 2, 3])).unwrap();
    }

    #[test]
    fn long_output_is_cut_between_characters() {
        let text = short(&"é".repeat(500));
        assert!(text.chars().count() < 130, "{text}");
    }
}
