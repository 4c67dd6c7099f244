//! What the pages say of what the model leans on.
