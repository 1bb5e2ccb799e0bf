// SPDX-License-Identifier: BSD-3-Clause
#include "fidelity/compare_models.hpp"

template nop::test::Comparison nop::test::compare_in<2>(const FidelityCase&);
