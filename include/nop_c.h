// SPDX-License-Identifier: BSD-3-Clause
#ifndef NOP_C_H
#define NOP_C_H

/// \file
/// The C interface of nop: load a trained operator, run it on your arrays. In C99, for C, Fortran,
/// Python and whatever else calls C; link with the library nop::c. docs/embedding.md shows it in
/// use.
///
///     nop_model* model = nop_load("model.safetensors", NOP_FLOAT);
///     const size_t grid[2] = {128, 128};
///     if (model == NULL || nop_run_float(model, 2, grid, 1, u, 128 * 128, v, 128 * 128) != NOP_OK)
///       fprintf(stderr, "%s\n", nop_last_error());
///     nop_free(model);
///
/// No C++ exception leaves these functions. A null pointer, a wrong number of axes or channels, an
/// array too short or a damaged file is an error that they report; what they cannot know is whether
/// a pointer that is not null points to what it should: to as many numbers as said, or to a model
/// that has not been freed.

#include <stddef.h>

/// Of this header. It grows when a program that was compiled with an older header would break;
/// `nop_abi()` tells that of the library. Functions may be added without that.
#define NOP_C_ABI 1

#ifdef __GNUC__
#define NOP_C_API __attribute__((visibility("default")))
#else
#define NOP_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// A trained operator. Nothing changes it after it was loaded: any number of threads may run one at
/// the same time.
typedef struct nop_model nop_model;

/// How a call went. `nop_last_error()` has the words.
typedef enum nop_status {
  NOP_OK               = 0,
  NOP_INVALID_ARGUMENT = 1,  ///< the message names the function, what it expected and what came
  NOP_BAD_FILE         = 2,  ///< a file is damaged or holds nothing that is known here
  NOP_OUT_OF_MEMORY    = 3,
  NOP_FAILURE          = 4  ///< anything else
} nop_status;

/// The numbers that a model computes with, and that it takes and gives.
enum { NOP_FLOAT = 1, NOP_DOUBLE = 2 };

/// NOP_C_ABI of the library.
NOP_C_API int nop_abi(void);

/// The version of the library, such as "1.2.3".
NOP_C_API const char* nop_version(void);

/// What the last call on this thread that failed said; "" if none did. It stays as it is until
/// another one fails on this thread.
NOP_C_API const char* nop_last_error(void);

/// Loads the model that is in a file: an Fno, Tfno or Uno of real fields in one to three
/// dimensions, of `nop::save`, with or without normalizers, or of a PyTorch checkpoint of the
/// reference library that says all that is needed, and is to be run with the semantics that it
/// names or else exact ones. `precision` is NOP_FLOAT or NOP_DOUBLE; numbers in another one are
/// converted. Null if that fails.
NOP_C_API nop_model* nop_load(const char* path, int precision);

/// Loads the model of a PyTorch checkpoint, together with what is said beside it
/// (docs/reference-library.md); each of the last three may be null, for nothing to say.
///
/// `arguments` is an object in JSON, how the model was made, by the names of the constructor's
/// arguments there: {"non_linearity": "relu"}; or the path of a file with one. `semantics` is whose
/// arithmetic it follows: "exact", "head", "v2_0" or "v1_0". `state` is where in the file it is, if
/// there are several.
NOP_C_API nop_model* nop_load_reference(const char* path, int precision, const char* arguments,
                                        const char* semantics, const char* state);

/// Frees a model; null is no model and fine. As with `free`, a model must be freed only once, and
/// not while another thread runs it.
NOP_C_API void nop_free(nop_model* model);

/// What a model is; 0 if it is null.
NOP_C_API size_t nop_dimensions(const nop_model* model);
NOP_C_API size_t nop_in_channels(const nop_model* model);
NOP_C_API size_t nop_out_channels(const nop_model* model);

/// The grid of the result for an input on `grid`, both of `dimensions` extents, which has to be the
/// model's number of them. Mostly it is the same grid.
NOP_C_API nop_status nop_output_grid(const nop_model* model, size_t dimensions, const size_t* grid,
                                     size_t* output_grid);

/// Runs a model that was loaded in this precision.
///
/// `input` is an array [batch][in_channels][grid...], `output` one [batch][out_channels][output
/// grid...], the last axis contiguous, of so many numbers in all, which is checked. They may
/// overlap or be the same. The first run on a grid makes tables for it and asks for memory; a later
/// run on the same grid and thread does not.
NOP_C_API nop_status nop_run_float(const nop_model* model, size_t dimensions, const size_t* grid,
                                   size_t batch, const float* input, size_t input_count,
                                   float* output, size_t output_count);
NOP_C_API nop_status nop_run_double(const nop_model* model, size_t dimensions, const size_t* grid,
                                    size_t batch, const double* input, size_t input_count,
                                    double* output, size_t output_count);

/// How many threads, 1 to 1024, a run that is called on this thread may use; unless it is told, as
/// many as there are processors, or OMP_NUM_THREADS. A program that runs models on many threads of
/// its own mostly wants 1.
NOP_C_API nop_status nop_set_threads(size_t count);

#ifdef __cplusplus
}
#endif

#endif
