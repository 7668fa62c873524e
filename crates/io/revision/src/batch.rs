use crate::RevisionError;
use crate::git::Git;
use sage_oci_source::BlobId;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// So many names are asked for before the first answer is read: they fit into the smallest pipe there is (4 KiB), so neither side can
/// wait for the other for ever.
const AHEAD: usize = 96;

/// `git cat-file --batch`: one process that gives the objects of a repository.
#[derive(Debug)]
pub(crate) struct Batch {
    child: Child,
    names: ChildStdin,
    answers: BufReader<ChildStdout>,
    place: String,
}

impl Batch {
    pub(crate) fn start(git: &Git<'_>) -> Result<Self, RevisionError> {
        let mut command = git.command(["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|source| git.not_there(source))?;
        let place = format!("the repository `{}`", git.folder.display());
        match (child.stdin.take(), child.stdout.take()) {
            (Some(names), Some(answers)) => {
                let answers = BufReader::with_capacity(256 * 1024, answers);
                Ok(Self { child, names, answers, place })
            }
            _ => Err(git.not_there(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// The contents of blobs, in the order of their names.
    pub(crate) fn blobs(&mut self, ids: &[BlobId]) -> Result<Vec<Vec<u8>>, RevisionError> {
        let mut all = Vec::with_capacity(ids.len());
        for ids in ids.chunks(AHEAD) {
            let names: String = ids.iter().map(|id| format!("{id}\n")).collect();
            self.ask(&names)?;
            for id in ids {
                match self.answer()? {
                    Some((kind, content)) if kind == "blob" => all.push(content),
                    _ => return Err(RevisionError::NoContent { id: *id, place: self.place.clone() }),
                }
            }
        }
        Ok(all)
    }

    /// The bytes of a commit object; none where there is no such commit.
    pub(crate) fn commit(&mut self, hash: &str) -> Result<Option<Vec<u8>>, RevisionError> {
        self.ask(&format!("{hash}\n"))?;
        Ok(self.answer()?.filter(|(kind, _)| kind == "commit").map(|(_, content)| content))
    }

    fn ask(&mut self, names: &str) -> Result<(), RevisionError> {
        self.names.write_all(names.as_bytes()).map_err(broken)
    }

    fn answer(&mut self) -> Result<Option<(String, Vec<u8>)>, RevisionError> {
        let mut head = String::new();
        self.answers.read_line(&mut head).map_err(broken)?;
        // `HASH missing`, or `HASH KIND SIZE` and the content.
        let words: Vec<&str> = head.trim_end().split(' ').collect();
        let [_, kind, size] = words.as_slice() else {
            let gone = head.is_empty();
            return if gone { Err(broken(io::ErrorKind::UnexpectedEof.into())) } else { Ok(None) };
        };
        let size: usize = size.parse().map_err(|_| broken(io::ErrorKind::InvalidData.into()))?;
        // A newline stands behind it.
        let mut content = vec![0; size + 1];
        self.answers.read_exact(&mut content).map_err(broken)?;
        content.pop();
        Ok(Some(((*kind).to_owned(), content)))
    }
}

fn broken(error: io::Error) -> RevisionError {
    RevisionError::Git { command: "cat-file --batch".to_owned(), said: error.to_string() }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // It has nothing to finish; one that has ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
