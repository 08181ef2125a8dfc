module sluice.dev/toolchain/orphan

go 1.25.0
