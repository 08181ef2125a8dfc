// What lists the parts of images and looks for known vulnerabilities in them; versions are pinned here, and sums beside.
module sluice.dev/pipeline/scan

go 1.26

tool github.com/anchore/syft/cmd/syft

tool github.com/anchore/grype/cmd/grype

require (
	github.com/anchore/grype v0.121.2
	github.com/anchore/syft v1.57.0
)
