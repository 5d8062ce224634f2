//! The `anagen` program.

fn main() -> std::process::ExitCode {
    anagen::cli::main()
}
