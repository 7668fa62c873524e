/// The folder of a file; the source folder itself is empty.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path as written in a file, seen from a folder; nothing where it leads out of the source folder.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folders that a file is in, the innermost first, without the source folder.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder(path)), |path| Some(folder(path))).take_while(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_source_folder() {
        assert_eq!(join("sage/rings", "../libs/./a.pxi").as_deref(), Some("sage/libs/a.pxi"));
        assert_eq!(join("", "a.h").as_deref(), Some("a.h"));
        assert_eq!(join("sage", "../../a.h"), None);
        assert_eq!(join("sage", "/usr/include/a.h"), None);
    }

    #[test]
    fn folders_of_a_file() {
        assert_eq!(ancestors("sage/rings/a.pyx").collect::<Vec<_>>(), ["sage/rings", "sage"]);
        assert_eq!(ancestors("a.pyx").count(), 0);
    }
}
