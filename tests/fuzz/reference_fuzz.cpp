// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/model_file.hpp>
#include <nop/io/reference/load.hpp>

#include "fuzz.hpp"
#include "reference_text.hpp"

#include <array>
#include <cstddef>
#include <type_traits>

namespace {

using namespace nop;

/// Whatever its tensors claim, a Config takes little memory; so does a model of these few numbers.
template <std::size_t Dim>
void use(const ReferenceModel& model) {
  const ModelKind kind{
      .family = model.family, .numbers = model.numbers, .dimensions = model.dimensions};
  with_model_type<Dim, float>(kind, [&]<class Model>(std::type_identity<Model>) {
    if constexpr (reference_model<Model>) {
      reference_config<Model>(model);
      if constexpr (Dim < 3) model_from_reference<Model>(model);
    }
  });
}

}  // namespace

/// The input is a state dict and what is said of its model, as text (reference_text.hpp). Without
/// anything said by the caller, all that can be wrong is the file.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::reads_or_refuses([&] {
    const auto input = fuzz::reference_of_text(fuzz::text_of(fuzz::bytes_of(data, size)));
    if (!input) return;
    const auto described = [&]() -> std::optional<ReferenceModel> {
      try {
        return describe_reference(find_reference_state(input->checkpoint, "fuzz"),
                                  {.arguments = input->given});
      } catch (const PreconditionError&) {
        fuzz::require(!input->given.is_null());
        return std::nullopt;
      }
    }();
    if (!described || !described->arguments.missing().empty()) return;
    const bool is_uno = described->family == ReferenceFamily::uno;
    if (is_uno && described->numbers == FieldNumbers::complex) return;  // there is none
    constexpr std::array uses{use<1>, use<2>, use<3>, use<4>};
    uses.at(described->dimensions - 1)(*described);
  });
}
