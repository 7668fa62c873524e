/// In which form a blob goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// All of it in one request.
    Whole,
    /// In pieces.
    Pieces,
}

/// What a refusal in the middle of an upload leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Ask how far the upload is, and go on from there in pieces.
    Ask,
    /// Ask how far it is; where that is where we thought, pieces are not taken.
    InStep,
    /// Begin the upload anew, in the same form.
    Anew,
    /// Begin it anew, and send nothing in pieces to this registry any more.
    OnlyWhole,
    /// Nothing that we could do gets it through.
    Fail,
}

/// Decides over a refusal by its status and by what the registry said.
pub(crate) fn decide(form: Form, status: u16, said: &str) -> Verdict {
    let wrong_digest = said.contains("DIGEST_INVALID");
    match (status, form) {
        (408 | 425 | 429 | 500 | 502..=504, _) => Verdict::Ask,
        // Too large for one request.
        (413, Form::Whole) => Verdict::Ask,
        // The pieces were taken, and were not put together.
        (_, Form::Pieces) if wrong_digest => Verdict::OnlyWhole,
        (_, Form::Whole) if wrong_digest => Verdict::Anew,
        // Either we are out of step, which asking shows, or pieces are not taken.
        (416, Form::Pieces) => Verdict::InStep,
        (405 | 415 | 501, Form::Pieces) => Verdict::OnlyWhole,
        // The registry no longer knows the upload.
        (404 | 410, _) | (400, Form::Pieces) => Verdict::Anew,
        (400, Form::Whole) if said.contains("BLOB_UPLOAD") => Verdict::Anew,
        _ => Verdict::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_way_on() {
        use Form::{Pieces, Whole};
        use Verdict::{Anew, Ask, Fail, InStep, OnlyWhole};
        for (form, status, said, verdict) in [
            (Whole, 503, "", Ask),
            (Pieces, 429, "", Ask),
            (Whole, 507, "", Fail),
            (Whole, 413, "", Ask),
            (Pieces, 413, "", Fail),
            (Pieces, 416, "RANGE_INVALID", InStep),
            (Whole, 400, "DIGEST_INVALID: x", Anew),
            (Pieces, 400, "DIGEST_INVALID: x", OnlyWhole),
            (Pieces, 404, "BLOB_UPLOAD_UNKNOWN", Anew),
            (Whole, 404, "BLOB_UPLOAD_UNKNOWN", Anew),
            (Whole, 400, "BLOB_UPLOAD_INVALID", Anew),
            (Whole, 400, "NAME_INVALID", Fail),
            (Pieces, 405, "UNSUPPORTED", OnlyWhole),
            (Whole, 405, "UNSUPPORTED", Fail),
            (Whole, 401, "", Fail),
            (Pieces, 403, "DENIED", Fail),
        ] {
            assert_eq!(decide(form, status, said), verdict, "{form:?} {status} {said}");
        }
    }
}
