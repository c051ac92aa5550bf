//! Both jobs over the local stack.
