// SPDX-License-Identifier: BSD-3-Clause
// Has nothing in it: precompiled headers belong to a target, and a target wants a source.
