// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/torch_checkpoint.hpp>

#include "hostile.hpp"
#include "support/allocation_counters.hpp"
#include "tar_of.hpp"
#include "torch_pickles.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test::torch_checkpoint_test {
namespace {

/// Made by tools/make_torch_fixtures.py with PyTorch itself.
std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(NOP_TEST_DATA) / "torch" / name;
}

TorchCheckpoint parse(std::string_view text) {
  return parse_torch_checkpoint(test::bytes_of(text), "test.pt");
}

std::string refused(const std::filesystem::path& path) {
  return test::refusal([&] { read_torch_checkpoint(path); });
}

std::string written(const NamedArrays& tensors, const Json& metadata = nullptr) {
  const test::TemporaryFolder folder;
  write_torch_checkpoint(folder / "x.pt", tensors, metadata);
  return test::text_of(read_file(folder / "x.pt"));
}

/// Whether all tensors hold the numbers that the script gave them; returns their names.
std::vector<std::string> check_numbers(const NamedArrays& tensors) {
  std::vector<std::string> names;
  int wrong = 0;
  for (const auto& [name, array] : tensors) {
    const double first = static_cast<double>(names.size()) / 8;
    if (holds_complex(array.element_type())) {
      double i = 0;
      for (const auto& value : array.values<std::complex<double>>())
        wrong += value != std::complex<double>(i + first, -i - 0.5), ++i;
    } else if (holds_integer(array.element_type())) {
      wrong += array.values<std::int64_t>() !=
               std::vector<std::int64_t>{static_cast<std::int64_t>(first)};
    } else {
      double i = 0;
      for (const double value : array.values<double>()) wrong += value != i + first, ++i;
    }
    names.push_back(name);
  }
  CHECK(wrong == 0);
  return names;
}

NamedArrays example() {
  NamedArrays arrays;
  for (int i = 0; i <= static_cast<int>(ElementType::complex128); ++i) {
    const auto type = static_cast<ElementType>(i);
    std::vector<std::byte> bytes(3 * byte_size(type));
    for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::byte>(k % 2);
    arrays.add(std::string("layer.") + std::to_string(i), Array(type, {1, 3}, bytes));
  }
  arrays.add("é", make_array(std::vector<double>{4}, {}));
  arrays.add("empty", make_array(std::vector<float>{}, {2, 0, 3}));
  arrays.add("", make_array(std::vector<float>{1}, {1, 1, 1}));
  return arrays;
}

TEST_CASE("a Fourier neural operator of the reference library is read with how it was made") {
  const auto checkpoint = read_torch_checkpoint(fixture("fno.pt"));
  const auto names      = check_numbers(checkpoint.tensors);
  CHECK(names.size() == 26);
  CHECK(names[0] == "fno_blocks.convs.0.bias");
  const Array& weight = checkpoint.tensors.at("fno_blocks.convs.0.weight.tensor");
  CHECK(weight.element_type() == ElementType::complex64);
  CHECK(weight.shape() == std::vector<std::size_t>{2, 2, 2, 2});
  CHECK(checkpoint.tensors.at("fno_blocks.norm.0.norm.num_batches_tracked").shape().empty());
  CHECK(checkpoint.metadata["_name"] == "FNO");
  CHECK(checkpoint.metadata["n_modes"] == Json({2, 3}));
  CHECK(checkpoint.metadata["non_linearity"]["global"] == "torch._C._nn.gelu");
  CHECK(checkpoint.metadata["max_n_modes"].is_null());
  CHECK(checkpoint.metadata["_version"] == "0.1.0");
  CHECK(checkpoint.values.empty());
}

TEST_CASE("factorized and U-shaped operators are read too") {
  const auto tucker = read_torch_checkpoint(fixture("tfno_tucker.pt"));
  check_numbers(tucker.tensors);
  CHECK(tucker.metadata["factorization"] == "Tucker");
  CHECK(tucker.tensors.at("fno_blocks.convs.0.weight.core").shape().size() == 4);
  const auto cp = read_torch_checkpoint(fixture("tfno_cp.pt"));
  check_numbers(cp.tensors);
  CHECK(cp.tensors.at("fno_blocks.convs.0.weight.weights").shape().size() == 1);
  const auto train = read_torch_checkpoint(fixture("tfno_tt.pt"));
  check_numbers(train.tensors);
  CHECK(train.tensors.at("fno_blocks.convs.0.weight.factors.factor_3").shape().size() == 3);
  const auto uno = read_torch_checkpoint(fixture("uno.pt"));
  CHECK(check_numbers(uno.tensors).size() == 33);
  CHECK(uno.metadata.is_null());
}

TEST_CASE("a state of training is flattened, numbers and settings beside the tensors") {
  const auto state = read_torch_checkpoint(fixture("training.pt"));
  CHECK(state.tensors.size() == 8);
  CHECK(state.tensors.at("model.weight").values<float>() == std::vector<float>{0, 1});
  CHECK(state.tensors.at("optimizer.state.0.step").values<float>() == std::vector<float>{1});
  CHECK(state.tensors.at("optimizer.state.1.exp_avg").values<float>() == std::vector<float>{0.1f});
  CHECK(state.values["epoch"] == 3);
  CHECK(state.values["optimizer.param_groups"][0]["lr"] == 0.5);
  CHECK(state.values["optimizer.param_groups"][0]["betas"] == Json({0.9, 0.999}));
}

TEST_CASE("windows, marks and every type are what PyTorch meant, in protocols 2 and 5") {
  for (const auto* name : {"views.pt", "views_protocol_5.pt"}) {
    const auto checkpoint      = read_torch_checkpoint(fixture(name));
    const NamedArrays& tensors = checkpoint.tensors;
    const Json& values         = checkpoint.values;
    const auto is              = [&](const std::string& key, const auto& expected,
                        const std::vector<std::size_t>& shape) {
      CAPTURE(key);
      CHECK(tensors.at(key) == make_array(expected, shape));
    };
    using Floats = std::vector<float>;
    is("transposed", Floats{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}, {4, 3});
    is("row", Floats{4, 5, 6, 7}, {4});
    is("window", Floats{5, 6, 9, 10}, {2, 2});
    is("step", Floats{0, 3, 8, 11}, {2, 2});
    is("repeated", Floats(5, 1), {5});
    is("number", Floats{3}, {});
    is("empty", Floats{}, {0, 3});
    std::vector<std::complex<float>> conjugate;
    Floats negative, table;
    for (int i = 0; i < 12; ++i) {
      const auto real = static_cast<float>(i);
      conjugate.emplace_back(real, -real - 1);
      negative.push_back(-real - 1);
      table.push_back(real);
    }
    is("conjugate", conjugate, {3, 4});
    is("negative", negative, {3, 4});
    is("parameter", Floats{1, 1}, {2});
    is("list.0", table, {3, 4});
    is("list.1.inner", Floats{1}, {1});
    is("float64", std::vector<double>{0.1}, {1});
    CHECK(tensors.at("float16").values<float>() == Floats{1.5f});
    CHECK(tensors.at("bfloat16").values<float>() == Floats{1.5f});
    is("complex128", std::vector<std::complex<double>>{{1.5, -2}}, {1});
    is("int64", std::vector<std::int64_t>{-(std::int64_t{1} << 40)}, {1});
    is("int32", std::vector<std::int32_t>{-(1 << 20)}, {1});
    is("int16", std::vector<std::int16_t>{-300}, {1});
    is("int8", std::vector<std::int8_t>{-3}, {1});
    is("uint8", std::vector<std::uint8_t>{255}, {1});
    is("uint16", std::vector<std::uint16_t>{40000}, {1});
    is("uint32", std::vector<std::uint32_t>{3'000'000'000}, {1});
    is("uint64", std::vector<std::uint64_t>{std::uint64_t{1} << 63}, {1});
    CHECK(tensors.at("bool").values<float>() == Floats{1, 0});
    CHECK(values["tuple"].dump() == "[1,2.5,null,true,\"é\"]");
    CHECK(values["size"]["arguments"][0] == Json({3, 4}));
    CHECK(values["type"]["global"] == "torch.float32");
    CHECK(values["device"]["arguments"] == Json({"cpu"}));
    CHECK(values["large"] == std::int64_t{1} << 40);
    CHECK(values["small"] == -1);
  }
}

TEST_CASE("a tensor alone, and the values of a file without tensors, are read") {
  CHECK(read_torch_checkpoint(fixture("tensor.pt")).tensors.at("") ==
        make_array(std::vector<float>{1, 1}, {2}));
  const Json made = read_torch_values(fixture("fno_metadata.pkl"));
  CHECK(made["_name"] == "FNO");
  CHECK(made["conv_module"]["global"] == "neuralop.layers.spectral_convolution.SpectralConv");
  CHECK(test::says(refused(fixture("fno_metadata.pkl")), "asks for 'torch._C._nn.gelu'"));
}

TEST_CASE("containers of PhysicsNeMo are read, zip and tar") {
  for (const auto* name : {"zip.mdlus", "tar.mdlus"}) {
    const auto checkpoint = read_torch_checkpoint(fixture(name));
    CHECK(check_numbers(checkpoint.tensors) == std::vector<std::string>{"weight", "bias"});
    CHECK(checkpoint.metadata["__args__"]["in_features"] == 2);
  }
  const std::string empty = test::tar_of({{"model.pt", written({})}, {"args.json", "[]"}});
  CHECK(parse(empty).metadata == Json::array());
  CHECK_THROWS_AS(parse(test::tar_of({{"model.pt", written({})}})), FormatError);
  CHECK_THROWS_AS(parse(test::tar_of({{"model.pt", ""}, {"args.json", "[]"}})), FormatError);
  CHECK_THROWS_AS(parse(test::tar_of({{"model.pt", written({})}, {"args.json", "["}})),
                  FormatError);
}

TEST_CASE("files that are no checkpoints are refused, and it is said what to do") {
  CHECK(test::says(refused(fixture("whole_model.pt")),
                   "byte 2: the pickle asks for 'torch.nn.modules.linear.Linear'"));
  CHECK(test::says(refused(fixture("whole_model.pt")), "save the model's state_dict() alone"));
  CHECK(test::says(refused(fixture("script.pt")), "a TorchScript program"));
  const std::string old("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02", 17);
  CHECK(test::says(test::refusal([&] { parse(old); }), "the format of PyTorch before 1.6"));
  CHECK(test::says(test::refusal([&] { parse(old); }), "torch.save(torch.load("));
  CHECK(test::says(test::refusal([] { parse(""); }), "not a PyTorch checkpoint"));
  CHECK(test::says(test::refusal([] { parse("PK\5\6" + std::string(18, '\0')); }), "neither"));
  CHECK(test::says(test::refusal([] { parse(test::zip_of({{"a.npy", ""}})); }), "no data.pkl"));
  CHECK_THROWS_AS(read_torch_checkpoint("/no/such/file.pt"), BackendError);
  CHECK_THROWS_AS(read_torch_checkpoint("/"), BackendError);
}

TEST_CASE("what is written comes back, bit for bit, and is written the same way again") {
  const test::TemporaryFolder folder;
  const Json metadata = Json::parse(R"({"n_modes": [4, 4], "norm": null, "rank": 0.5})");
  write_torch_checkpoint(folder / "x.pt", example(), metadata);
  const auto checkpoint = read_torch_checkpoint(folder / "x.pt");
  CHECK(checkpoint.tensors == example());
  CHECK(checkpoint.metadata == metadata);
  CHECK(parse(written(example(), metadata)) == checkpoint);
  CHECK(written(example()) == written(example()));
  CHECK(parse(written({})).tensors.empty());
  CHECK(folder.file_count() == 1);
}

TEST_CASE("every storage begins at a multiple of 64 bytes") {
  const std::string file = written(example());
  int storages           = 0;
  for (auto at = file.find("PK\3\4"); at != std::string::npos; at = file.find("PK\3\4", at + 1)) {
    const auto word = [&](std::size_t place) {
      return static_cast<std::size_t>(static_cast<unsigned char>(file[at + place])) +
             256 * static_cast<std::size_t>(static_cast<unsigned char>(file[at + place + 1]));
    };
    CHECK((at + 30 + word(26) + word(28)) % 64 == 0);
    storages += file.compare(at + 30, 13, "archive/data/") == 0 ? 1 : 0;
  }
  CHECK(storages == 18);
}

TEST_CASE("what could not be read back is not written") {
  const test::TemporaryFolder folder;
  const Array one = make_array(std::vector<float>{1}, {});
  CHECK_THROWS_AS(write_torch_checkpoint(folder / "x", {{"_metadata", one}}), PreconditionError);
  CHECK_THROWS_AS(write_torch_checkpoint(folder / "x", {{"\xff", one}}), PreconditionError);
  CHECK_THROWS_AS(write_torch_checkpoint(folder / "x", {}, Json("\xff")), PreconditionError);
  CHECK_THROWS_AS(write_torch_checkpoint(folder / "no/x", {}), BackendError);
  CHECK(folder.file_count() == 0);
}

/// A checkpoint of one pickle and one storage of six floats.
std::string checkpoint_of(const std::string& opcodes) {
  return test::zip_of(
      {{"x/data.pkl", "\x80\2" + opcodes + "."}, {"x/data/0", std::string(24, '1')}});
}

TEST_CASE("pickles made to run, to loop or to fill the memory are refused within little memory") {
  using test::dict;
  using test::global;
  using test::TensorOpcodes;
  const auto all    = test::long_number(1ull << 60) + "\x85";
  const auto zero   = test::tuple({0});
  std::string deep  = std::string(100'000, ']') + std::string(99'999, 'a');
  std::string loop  = std::string("}q\0", 3) + test::text("k") + std::string("h\0s", 3);
  std::string views = "}(" + test::text("a") + TensorOpcodes{}.call() + std::string("q\0", 2);
  for (int i = 0; i < 20'000; ++i)
    views += test::text(std::to_string(i)) + std::string("h\0", 2);  // fits: 24 bytes each
  const std::vector<std::string> hostile{
      global("os", "system") + test::text("echo hacked") + "\x85R",
      dict({{"w", global("builtins", "eval") + test::text("1") + "\x85R"}}),
      dict({{"w", TensorOpcodes{.shape = all, .strides = zero}.call()}}),
      dict({{"w", TensorOpcodes{.elements = test::long_number(1ull << 60)}.call()}}),
      dict({{"w", test::doubling_lists(60)}}),
      dict({{"_metadata", test::doubling_lists(60)}}),
      deep,
      loop,
      std::string("]q\0h\0a", 6),
      "X\xff\xff\xff\xff"};
  constexpr std::size_t allowed = 64 << 20;
  for (const auto& opcodes : hostile) {
    const auto file = checkpoint_of(opcodes);
    CAPTURE(opcodes.substr(0, 20));
    CHECK(test::most_bytes_during([&] { CHECK_THROWS_AS(parse(file), FormatError); }) < allowed);
  }
  const auto file = checkpoint_of(views + "u");
  CHECK(test::most_bytes_during([&] { CHECK(parse(file).tensors.size() == 20'001); }) < allowed);
}

TEST_CASE("an archive that unpacks to more than the limit is refused before it is unpacked") {
  const auto bomb =
      test::zip_of({{"x/data.pkl", "\x80\2N."}, {"x/data/0", std::string(30'000'000, '\0')}},
                   Compression::deflated);
  CHECK(bomb.size() < 100'000);
  CHECK(test::says(test::refusal([&] { parse(bomb); }), "(UnpackLimit)"));
  const UnpackLimit ample{.ratio = 0, .allowance = 31'000'000};
  CHECK_NOTHROW(parse_torch_checkpoint(test::bytes_of(bomb), "test", ample));
}

TEST_CASE("a deflated checkpoint is read as a stored one") {
  const auto opcodes  = "\x80\2" + test::dict({{"w", test::TensorOpcodes{}.call()}}) + ".";
  const auto deflated = test::zip_of({{"x/data.pkl", opcodes}, {"x/data/0", std::string(24, '\0')}},
                                     Compression::deflated);
  CHECK(parse(deflated).tensors.at("w") == make_array(std::vector<float>(6), {2, 3}));
}

TEST_CASE("a damaged checkpoint is refused or read, never more") {
  const auto file = written({{"w", make_array(std::vector<float>{1, 2}, {2})}}, Json{{"k", 1}});
  test::check_every_damage(file, parse);
  const auto tar = test::tar_of({{"model.pt", file}, {"args.json", "{}"}});
  test::check_every_truncation(tar.substr(0, 512 + 512 * ((file.size() + 511) / 512) + 514), parse);
}

}  // namespace
}  // namespace nop::test::torch_checkpoint_test
