//! Vendors that outlive their process.

#[cfg(test)]
mod acts;
#[cfg(test)]
mod files;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod support;
