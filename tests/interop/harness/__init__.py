# SPDX-License-Identifier: Apache-2.0
"""What the interop tests are written with: processes, ports, servers under test, and the programs that meet them."""
