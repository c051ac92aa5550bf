//! A JSON file with state, written atomically and readable by its owner only.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

const FORMAT: u32 = 1;

#[derive(Clone, Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// What a damaged file loses, and how to restore it.
    lost: &'static str,
}

#[derive(Debug, Error)]
pub enum FileError {
    #[error(
        "{} is damaged ({problem}). Put back a copy, or delete it and start again: that loses {lost}",
        .path.display()
    )]
    Damaged {
        path: PathBuf,
        problem: String,
        lost: &'static str,
    },
    #[error(
        "{} has format {format}, which this version does not know: use the version that wrote it, or start over in \
         another folder (--state)",
        .path.display()
    )]
    OtherFormat { path: PathBuf, format: u32 },
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
}

#[derive(Serialize)]
struct Written<'a, T> {
    format: u32,
    content: &'a T,
}

#[derive(Deserialize)]
struct Read<'a> {
    format: u32,
    /// Parsed only if the format is supported.
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

impl StateFile {
    /// The file at `path`; `lost` completes "that loses …".
    pub(crate) fn new(path: &Path, lost: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            lost,
        }
    }

    /// `None` if the file does not exist.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, FileError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(self.damaged("no text"));
            }
            Err(error) => return Err(self.io(error)),
        };
        let read: Read<'_> = serde_json::from_str(&text).map_err(|error| self.broken(&error))?;
        if read.format != FORMAT {
            return Err(FileError::OtherFormat {
                path: self.path.clone(),
                format: read.format,
            });
        }
        let content = read
            .content
            .ok_or_else(|| self.damaged("it has no content"))?;
        serde_json::from_str(content.get())
            .map(Some)
            .map_err(|error| self.broken(&error))
    }

    pub(crate) fn write<T: Serialize>(&self, content: &T) -> Result<(), FileError> {
        self.put(&self.form(content)?)
    }

    pub(crate) fn form<T: Serialize>(&self, content: &T) -> Result<Vec<u8>, FileError> {
        let written = serde_json::to_vec_pretty(&Written {
            format: FORMAT,
            content,
        });
        written.map_err(|error| self.without_form(error))
    }

    pub(crate) fn without_form(&self, error: serde_json::Error) -> FileError {
        self.io(io::Error::other(error))
    }

    /// Writes a [`form`](Self::form).
    pub(crate) fn put(&self, form: &[u8]) -> Result<(), FileError> {
        replace(&self.path, form).map_err(|error| self.io(error))
    }

    pub(crate) fn broken(&self, error: &serde_json::Error) -> FileError {
        self.damaged(&place(error))
    }

    pub(crate) fn damaged(&self, problem: &str) -> FileError {
        FileError::Damaged {
            path: self.path.clone(),
            problem: problem.to_owned(),
            lost: self.lost,
        }
    }

    fn io(&self, error: io::Error) -> FileError {
        FileError::Io {
            path: self.path.clone(),
            error,
        }
    }
}

/// Only the position: the content may be personal or secret.
fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// Replaces the file atomically: writes another file and renames it.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = private()
        .create(true)
        .truncate(true)
        .write(true)
        .open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(new, path)
}

/// New files are readable by their owner only.
#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> StateFile {
        let folder = std::env::temp_dir().join(format!("local-file-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        StateFile::new(&folder.join("state.json"), "everything")
    }

    #[test]
    fn written_content_is_read_back_and_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file("written");
        let _ = fs::remove_file(&file.path);
        assert_eq!(file.read::<Vec<u8>>().unwrap(), None);
        file.write(&vec![1_u8, 2]).unwrap();
        file.write(&vec![3_u8]).unwrap();
        assert_eq!(file.read::<Vec<u8>>().unwrap(), Some(vec![3]));
        assert_eq!(
            fs::metadata(&file.path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let number = fs::read_dir(file.path.parent().unwrap()).unwrap().count();
        assert_eq!(number, 1, "no other file is left");
    }

    #[test]
    fn an_unusable_file_error_has_a_remedy_and_no_content() {
        let file = file("unusable");
        for (text, hint) in [
            ("", "is damaged"),
            ("{\"format\":1,\"content\":[\"hush\"", "is damaged"),
            ("{\"format\":1,\"content\":[\"hush\"]}", "is damaged"),
            ("{\"format\":1}", "it has no content"),
            ("{\"format\":2,\"content\":{\"hush\":1}}", "has format 2"),
        ] {
            fs::write(&file.path, text).unwrap();
            let error = file.read::<Vec<u8>>().unwrap_err().to_string();
            assert!(
                error.contains(hint) && !error.contains("hush"),
                "{text}: {error}"
            );
            assert!(error.contains("state.json"), "{error}");
        }
        fs::write(&file.path, [0xff, 0xfe]).unwrap();
        assert!(
            file.read::<Vec<u8>>()
                .unwrap_err()
                .to_string()
                .contains("delete it")
        );
    }
}
