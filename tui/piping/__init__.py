"""What leaves the workstation: records piped to commands, asked by SQL, saved, paged, and files opened in an editor."""
