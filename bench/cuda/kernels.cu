// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/functors.hpp>

#include "backend.hpp"
#include "cuda/kernels.cuh"

#include <complex>
#include <memory>
#include <utility>

namespace bench {

/// Numbers in [-1, 1) that look random.
struct Noise {
  constexpr float operator()(std::size_t i) const {
    auto x = static_cast<std::uint32_t>(i) * 2654435761U;
    x      = (x ^ (x >> 15U)) * 2246822519U;
    x      = (x ^ (x >> 13U)) * 3266489917U;
    return static_cast<float>(x ^ (x >> 16U)) * 0x1p-31F - 1.0F;
  }
};
struct GeluValue {
  constexpr auto operator()(auto x) const { return nop::functions::Gelu::at(x).value; }
};

namespace {

using nop::Activation;
using nop::Shape;

/// Arrays of random numbers that are taken in turns, or one.
class Numbers {
 public:
  explicit Numbers(std::size_t count, bool in_turns = true)
      : count_(count),
        copies_(in_turns ? std::clamp<std::size_t>(cold_bytes / (4 * count) + 1, 1, 64) : 1),
        memory_(std::make_shared<nop::cuda::Scratch<float>>(count_ * copies_)) {
    nop::cuda::generate(Noise{}, memory_->data(), count_ * copies_);
  }
  float* next() { return memory_->data() + (turn_++ % copies_) * count_; }
  std::complex<float>* next_complex() { return reinterpret_cast<std::complex<float>*>(next()); }

 private:
  std::size_t count_, copies_, turn_ = 0;
  std::shared_ptr<nop::cuda::Scratch<float>> memory_;
};
Numbers weights(std::size_t count) { return Numbers(count, false); }

double number(std::size_t count) { return static_cast<double>(count); }

constexpr Shape<3> box{8, 64, 128 * 128};
const std::size_t field = box[0] * box[1] * box[2];

void add_pointwise(std::vector<KernelCase>& cases) {
  cases.push_back({"copy", {0, 8 * number(field)}, [] {
                     return [x = Numbers(field), y = Numbers(field)]() mutable {
                       nop::cuda::copy(x.next(), y.next(), field);
                     };
                   }});
  cases.push_back({"copy_strided, a transpose", {0, 8 * number(field)}, [] {
                     return [x = Numbers(field), y = Numbers(field)]() mutable {
                       nop::Cuda::copy_strided(box, x.next(), Shape<3>{box[1] * box[2], 1, box[1]},
                                               y.next(), Shape<3>{box[1] * box[2], box[2], 1});
                     };
                   }});
  cases.push_back({"generate", {0, 4 * number(field)}, [] {
                     return [y = Numbers(field)]() mutable {
                       nop::Cuda::generate(nop::Constant<float>{1}, y.next(), field);
                     };
                   }});
  cases.push_back({"map, gelu", {20 * number(field), 8 * number(field)}, [] {
                     return [x = Numbers(field), y = Numbers(field)]() mutable {
                       nop::Cuda::map(GeluValue{}, box, nop::whole(y.next(), box),
                                      nop::whole<const float>(x.next(), box));
                     };
                   }});
  cases.push_back({"map, a bias", {number(field), 8 * number(field)}, [] {
                     return [x = Numbers(field), y = Numbers(field), b = weights(64)]() mutable {
                       nop::Cuda::map(nop::Plus{}, box, nop::whole(y.next(), box),
                                      nop::whole<const float>(x.next(), box),
                                      nop::per_middle<const float>(b.next()));
                     };
                   }});
  cases.push_back({"sum, per channel", {number(field), 4 * number(field)}, [] {
                     return [x = Numbers(field), y = weights(64)]() mutable {
                       nop::Cuda::sum(nop::Same{}, box, nop::per_middle(y.next()),
                                      nop::whole<const float>(x.next(), box));
                     };
                   }});
  cases.push_back({"sum, per row", {number(field), 4 * number(field)}, [] {
                     return [x = Numbers(field), y = weights(512)]() mutable {
                       nop::Cuda::sum(nop::Same{}, box, nop::per_row(y.next(), box),
                                      nop::whole<const float>(x.next(), box));
                     };
                   }});
  cases.push_back({"sum, squared distance", {3 * number(field), 8 * number(field)}, [] {
                     return [x = Numbers(field), z = Numbers(field), y = weights(1)]() mutable {
                       nop::Cuda::sum(nop::SquaredDistance{}, box, nop::single(y.next()),
                                      nop::whole<const float>(x.next(), box),
                                      nop::whole<const float>(z.next(), box));
                     };
                   }});
}

/// Chains of channel mixings: those of a model's ends, one alone, and those of a layer.
struct Chain {
  std::string name;
  std::vector<std::size_t> channels;
  bool is_layer = false;  ///< adds a field to its first link and a gate to its last

  /// On everything it needs.
  template <class Use>
  Work work(const Use& use) const {
    std::size_t weight_count = 0;
    for (std::size_t l = 1; l < channels.size(); ++l) weight_count += channels[l] * channels[l - 1];
    struct Operands {
      Shape<3> box;
      Numbers x, y, residual, weight, bias, dy, dx, dresidual, dweight, dbias;
    };
    const std::size_t in  = box[0] * channels.front() * box[2];
    const std::size_t out = box[0] * channels.back() * box[2];
    const auto operands   = std::make_shared<Operands>(Operands{{box[0], channels.front(), box[2]},
                                                              Numbers(in),
                                                              Numbers(out),
                                                              Numbers(in),
                                                              weights(weight_count),
                                                              weights(1024),
                                                              Numbers(out),
                                                              Numbers(in),
                                                              Numbers(in),
                                                              weights(weight_count),
                                                              weights(1024)});
    return [use, operands, chain = *this] {
      auto& o = *operands;
      std::vector<nop::Mixing<float>> links;
      std::vector<nop::MixingGradient<float>> gradients;
      const float *weight = o.weight.next(), *bias = o.bias.next();
      float *dweight = o.dweight.next(), *dbias = o.dbias.next();
      for (std::size_t l = 1; l < chain.channels.size(); ++l) {
        const bool first = l == 1, last = l + 1 == chain.channels.size();
        const bool adds = chain.is_layer && first, gates = chain.is_layer && last;
        links.push_back({.channels   = chain.channels[l],
                         .weight     = weight,
                         .bias       = bias,
                         .residual   = adds ? o.residual.next() : nullptr,
                         .gate       = gates ? bias : nullptr,
                         .activation = last && !gates ? Activation::identity : Activation::gelu});
        gradients.push_back({.weight   = dweight,
                             .bias     = dbias,
                             .residual = adds ? o.dresidual.next() : nullptr,
                             .gate     = gates ? dbias + 512 : nullptr});
        weight += chain.channels[l] * chain.channels[l - 1];
        dweight += chain.channels[l] * chain.channels[l - 1];
        bias += chain.channels[l], dbias += chain.channels[l];
      }
      use(o, links, gradients);
    };
  }
};

void add_mixings(std::vector<KernelCase>& cases) {
  for (const Chain& chain :
       {Chain{"one, 64 to 64", {64, 64}}, Chain{"lifting", {3, 128, 64}},
        Chain{"layer", {64, 64, 32, 64}, true}, Chain{"projection", {64, 128, 1}}}) {
    double products = 0;
    for (std::size_t l = 1; l < chain.channels.size(); ++l)
      products += number(chain.channels[l] * chain.channels[l - 1]);
    const double points = number(box[0] * box[2]);
    const double in     = number(chain.channels.front()) * (chain.is_layer ? 2 : 1);
    const double out    = number(chain.channels.back());
    cases.push_back(
        {"mix, " + chain.name, {2 * points * products, 4 * points * (in + out)}, [chain] {
           return chain.work([](auto& o, const auto& links, const auto&) {
             nop::Cuda::mix<float>(o.box, o.x.next(), links, o.y.next());
           });
         }});
    cases.push_back(
        {"pull_mix, " + chain.name, {6 * points * products, 4 * points * (2 * in + out)}, [chain] {
           return chain.work([](auto& o, const auto& links, const auto& gradients) {
             nop::Cuda::pull_mix<float>(o.box, o.x.next(), links, o.dy.next(), o.dx.next(),
                                        gradients);
           });
         }});
  }
}

template <std::size_t Dim>
void add_transforms(std::vector<KernelCase>& cases, const char* case_name) {
  const Case c = parse_case(case_name);
  for (const auto engine : all<nop::FourierEngine>()) {
    const nop::FourierTransform<Dim> transform{.outer  = c.batch * c.channels,
                                               .grid   = shape_of<Dim>(c.grid),
                                               .inner  = 1,
                                               .modes  = shape_of<Dim>(c.modes),
                                               .weight = nop::ModeWeight::coefficient,
                                               .engine = engine,
                                               .layout = nop::SpectrumLayout::modes_first};
    const std::size_t points = transform.outer * nop::element_count(transform.grid);
    const std::size_t kept =
        transform.outer * nop::element_count(nop::spectrum_shape<float>(transform.modes));
    const Cost cost{number(transform.outer) * transform_flops(c, true),
                    4 * number(points) + 8 * number(kept)};
    const std::string name = c.name + ", " + name_of(engine);
    cases.push_back({"to_modes, " + name, cost, [=] {
                       return [=, x = Numbers(points), s = Numbers(2 * kept)]() mutable {
                         nop::Cuda::to_modes(transform, static_cast<const float*>(x.next()),
                                             s.next_complex());
                       };
                     }});
    cases.push_back({"from_modes, " + name, cost, [=] {
                       return [=, x = Numbers(points), s = Numbers(2 * kept)]() mutable {
                         nop::Cuda::from_modes(
                             transform, static_cast<const std::complex<float>*>(s.next_complex()),
                             x.next());
                       };
                     }});
  }
}

/// The product of each mode of 32 x 17, and the gradient of its weights.
void add_products(std::vector<KernelCase>& cases) {
  for (const std::size_t batch : {1, 8, 16}) {
    constexpr std::size_t modes = 32 * 17, channels = 64;
    const std::size_t spectrum = modes * batch * channels;
    const std::size_t weight   = modes * channels * channels;
    const Cost cost{8 * number(spectrum * channels), 8 * number(2 * spectrum + weight)};
    using Number           = std::complex<float>;
    const std::string name = "multiply, 544 modes of 64 channels, batch " + std::to_string(batch);
    cases.push_back(
        {name, cost, [=] {
           return [=, x = Numbers(2 * spectrum), y = Numbers(2 * spectrum),
                   w = Numbers(2 * weight)]() mutable {
             nop::Cuda::multiply<Number>(
                 {modes, batch, channels, channels}, {x.next_complex(), channels, batch * channels},
                 {w.next_complex(), channels, channels * channels},
                 {y.next_complex(), channels, batch * channels}, nop::Update::overwrite);
           };
         }});
    cases.push_back({name + ", weights' gradient", cost, [=] {
                       return [=, x = Numbers(2 * spectrum), g = Numbers(2 * spectrum),
                               w = Numbers(2 * weight)]() mutable {
                         nop::Cuda::multiply<Number>(
                             {modes, channels, batch, channels},
                             {x.next_complex(), channels, batch * channels, nop::Form::adjoint},
                             {g.next_complex(), channels, batch * channels},
                             {w.next_complex(), channels, channels * channels},
                             nop::Update::overwrite);
                       };
                     }});
  }
}

void add_local(std::vector<KernelCase>& cases) {
  constexpr nop::ConvolutionSize<2> size{32, 64, 64, {28, 28}, {3, 3}};
  constexpr std::size_t points = 32 * 64 * 28 * 28, taps = 9 * 64 * 64;
  constexpr double flops = 2.0 * 9 * 64 * points;
  cases.push_back({"convolve, 3 x 3", {flops, 8.0 * points}, [=] {
                     return [=, x = Numbers(points), y = Numbers(points), w = weights(taps),
                             b = weights(64)]() mutable {
                       nop::Cuda::convolve<2, float>(size, x.next(), w.next(), b.next(), y.next());
                     };
                   }});
  cases.push_back({"pull_convolve, 3 x 3", {2 * flops, 12.0 * points}, [=] {
                     return [=, x = Numbers(points), g = Numbers(points), gx = Numbers(points),
                             w = weights(taps), gw = weights(taps)]() mutable {
                       nop::Cuda::pull_convolve<2, float>(size, x.next(), w.next(), g.next(),
                                                          gx.next(), gw.next());
                     };
                   }});
  const auto norm = [](Numbers& w) {
    return nop::Normalization<float>{.groups     = 16,
                                     .epsilon    = 1e-6F,
                                     .weight     = w.next(),
                                     .bias       = w.next(),
                                     .activation = Activation::silu};
  };
  cases.push_back({"normalize, 16 groups", {15.0 * number(field), 8.0 * number(field)}, [=] {
                     return [=, x = Numbers(field), y = Numbers(field), w = weights(64)]() mutable {
                       nop::Cuda::normalize<float>(box, x.next(), norm(w), y.next());
                     };
                   }});
  cases.push_back({"pull_normalize, 16 groups", {30.0 * number(field), 12.0 * number(field)}, [=] {
                     return [=, x = Numbers(field), g = Numbers(field), gx = Numbers(field),
                             w = weights(64), gw = weights(128)]() mutable {
                       float* const to = gw.next();
                       nop::Cuda::pull_normalize<float>(box, x.next(), norm(w), g.next(), gx.next(),
                                                        {.weight = to, .bias = to + 64});
                     };
                   }});
}

void add_time(std::vector<KernelCase>& cases) {
  constexpr Shape<4> box4{64, 4, 64, 196};
  constexpr std::size_t count = 64 * 4 * 64 * 196;
  const auto mixing           = [](Numbers& w) {
    return nop::TimeMixing<float>{
                  .modes = 3, .weight = w.next_complex(), .activation = Activation::leaky_relu};
  };
  const Case c    = parse_case("time2d_b64_c64_4x196_m4");
  const auto cost = [&c](Pass pass) { return cost_of(c, pass, Element::float32); };
  cases.push_back({"mix_time, 4 steps", cost(Pass::fwd), [=] {
                     return [=, x = Numbers(count), y = Numbers(count),
                             w = weights(2 * 3 * 64 * 64)]() mutable {
                       nop::Cuda::mix_time<float>(box4, x.next(), mixing(w), y.next());
                     };
                   }});
  cases.push_back({"pull_mix_time, 4 steps", cost(Pass::fwdbwd), [=] {
                     return
                         [=, x = Numbers(count), g = Numbers(count), gx = Numbers(count),
                          w = weights(2 * 3 * 64 * 64), gw = weights(2 * 3 * 64 * 64)]() mutable {
                           nop::Cuda::pull_mix_time<float>(box4, x.next(), mixing(w), g.next(),
                                                           gx.next(), gw.next_complex());
                         };
                   }});
}

}  // namespace

std::vector<KernelCase> kernel_cases() {
  std::vector<KernelCase> cases;
  add_transforms<2>(cases, "sc2d_b16_c64_128_m32");
  add_transforms<1>(cases, "sc1d_b16_c64_n8192_m32");
  add_transforms<2>(cases, "sc2d_b4_c32_256_m24");
  add_transforms<3>(cases, "sc3d_b2_c32_64x64x40_m16");
  add_products(cases);
  add_mixings(cases);
  add_pointwise(cases);
  add_local(cases);
  add_time(cases);
  return cases;
}

}  // namespace bench
