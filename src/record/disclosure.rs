//! Masks what would say too much about too few people.
